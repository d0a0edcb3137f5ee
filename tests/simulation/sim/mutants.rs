//! Mutants: ports that break the protocol in one way each. The simulation must catch every one of them;
//! otherwise it would not notice the same bug in the code either.

macro_rules! mutants {
    ($($(#[$doc:meta])* $mutant:ident: $description:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Mutant { $($(#[$doc])* $mutant,)+ }

        impl Mutant {
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
    TakesFailedPageForEnd: "a failed page counts as the end of the data",
    MixesTenants: "the source sometimes reads another tenant's partition",
    ForgetsShard: "the source does not read the last shard of several",
    LosesEdge: "the source leaves out events on a window's first instant",
    NeverReconciles: "the source reads nothing that is sealed already",
    StaleParts: "the newest part is not among the parts that reach into the look-back",
    NoSettling: "windows are read before they have settled",
    SealsAnyway: "the seal ignores its condition",
    TrustsFailedSeal: "a failed seal counts as successful",
    NoDedup: "the parts that reach into the look-back are not read",
    NoLookBack: "no look-back",
    ConflictIsSuccess: "409 counts as: the object exists",
    FaultIsSuccess: "a put with a transient error counts as successful",
    Overwrites: "the put is not create-only",
    MarksBeforePut: "a part is marked before it is put",
    ManifestBeforePut: "a part's manifest is put before its bytes",
    SignsAgain: "a part's manifest is signed when it is delivered, and again at each retry",
    SignsWithoutHandOver: "a new key signs without a hand-over from the previous one",
    IgnoresOwner: "the put does not check who owns the bucket",
    ClaimsNeverExpire: "a dispatcher's claim never expires",
    NeverRunsAgain: "a release never makes the connector due again",
    DeliversOther: "the bytes of another part are delivered",
}
