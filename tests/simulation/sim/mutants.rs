//! Mutants: ports that break the protocol in one way each. The simulation must catch every one of them;
//! otherwise it would not notice the same bug in the code either.

macro_rules! mutants {
    ($($(#[$doc:meta])* $mutant:ident: $description:literal,)+) => {
        /// One mutant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Mutant { $($(#[$doc])* $mutant,)+ }

        impl Mutant {
            /// All mutants.
            pub(crate) const ALL: &[Self] = &[$(Self::$mutant,)+];

            /// Its description in the report.
            pub(crate) const fn description(self) -> &'static str {
                match self { $(Self::$mutant => $description,)+ }
            }
        }
    };
}

mutants! {
    SkipsLastPage: "the source leaves out the last page",
    TakesFailedPageForEnd: "a page that fails is taken for the end of the data",
    MixesTenants: "the source now and then reads another tenant's partition",
    ForgetsShard: "the source does not read the last shard of several",
    LosesEdge: "the source leaves out what lies on a window's first instant",
    NeverReconciles: "the source reads nothing that is sealed already",
    StaleParts: "the newest part is not among the parts that reach into the look-back",
    NoSettling: "windows do not rest before they are read",
    SealsAnyway: "the seal ignores its condition",
    TrustsFailedSeal: "a seal that failed is taken for one that went through",
    NoDedup: "the parts that reach into the look-back are not asked for",
    NoLookBack: "no look-back",
    ConflictIsSuccess: "409 is taken for exists",
    FaultIsSuccess: "a put that failed for a passing reason is taken for success",
    Overwrites: "the put is not create-only",
    MarksBeforePut: "a part is marked before it is put",
    ManifestBeforePut: "a part's note is put before its bytes",
    SignsAgain: "a part's note is signed when it is delivered, at each try anew",
    SignsWithoutHandOver: "a new key signs without the one before it",
    IgnoresOwner: "the put does not check who owns the bucket",
    ClaimsNeverExpire: "a dispatcher's claim never runs out",
    NeverRunsAgain: "a release moves the next run out of sight",
    DeliversOther: "the bytes of another part are delivered",
}
