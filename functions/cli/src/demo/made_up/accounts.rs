//! The accounts of the made-up tenant. Their addresses are reserved for documentation (RFC 2606 and 5737).

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) id: &'static str,
    pub(super) email: &'static str,
    pub(super) kind: Kind,
    /// Where the account usually is.
    pub(super) office: &'static str,
    /// Where else it is.
    pub(super) home: &'static str,
    pub(super) user_agent: &'static str,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Member,
    Administrator,
    Service,
}

impl Kind {
    /// The actor's type in an event.
    pub(super) const fn actor_type(self) -> &'static str {
        match self {
            Self::Member | Self::Administrator => "user",
            Self::Service => "service_account",
        }
    }
}

const LISBON: &str = "198.51.100.10";
const MADRID: &str = "198.51.100.42";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/16.5 Safari/605.1.15";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/114.0.0.0 Safari/537.36";

/// The people: 14, two of them administrators.
pub(super) const PEOPLE: [Account; 14] = [
    person("usr_01", "ana.lopez@made-up.example", (MADRID, "192.0.2.21"), SAFARI),
    administrator("usr_02", "marta.silva@made-up.example", (LISBON, "192.0.2.22"), FIREFOX),
    person("usr_03", "ben.okafor@made-up.example", (LISBON, "192.0.2.23"), CHROME),
    person("usr_04", "chloe.martin@made-up.example", (MADRID, "192.0.2.24"), CHROME),
    person("usr_05", "dmitri.volkov@made-up.example", (LISBON, "192.0.2.25"), FIREFOX),
    person("usr_06", "elif.kaya@made-up.example", (MADRID, "192.0.2.26"), SAFARI),
    person("usr_07", "farid.haddad@made-up.example", (MADRID, "192.0.2.27"), CHROME),
    administrator("usr_08", "grace.kim@made-up.example", (MADRID, "192.0.2.28"), SAFARI),
    person("usr_09", "hugo.peeters@made-up.example", (LISBON, "203.0.113.109"), CHROME),
    person("usr_10", "ines.costa@made-up.example", (LISBON, "192.0.2.30"), SAFARI),
    person("usr_11", "jonas.weber@made-up.example", (MADRID, "192.0.2.31"), FIREFOX),
    person("usr_12", "keiko.tanaka@made-up.example", (LISBON, "203.0.113.112"), CHROME),
    person("usr_13", "luca.rossi@made-up.example", (MADRID, "192.0.2.33"), CHROME),
    person("usr_14", "noor.jansen@made-up.example", (LISBON, "192.0.2.34"), SAFARI),
];

/// What makes the reports by night.
pub(super) const REPORTS: Account = Account {
    id: "svc_01",
    email: "svc-reports@made-up.example",
    kind: Kind::Service,
    office: "203.0.113.10",
    home: "203.0.113.10",
    user_agent: "made-up-reports/2.4",
};

/// The administrator whose password is guessed.
pub(super) const VICTIM: Account = PEOPLE[1];
/// The other administrator.
pub(super) const RESPONDER: Account = PEOPLE[7];

const fn person(
    id: &'static str,
    email: &'static str,
    (office, home): (&'static str, &'static str),
    user_agent: &'static str,
) -> Account {
    Account { id, email, kind: Kind::Member, office, home, user_agent }
}

const fn administrator(
    id: &'static str,
    email: &'static str,
    addresses: (&'static str, &'static str),
    user_agent: &'static str,
) -> Account {
    Account { kind: Kind::Administrator, ..person(id, email, addresses, user_agent) }
}
