//! Ordinary days: people come in the morning, return from lunch, and leave in the evening; a few work at
//! weekends, and nobody at night.

use std::time::Duration;

use archive::time::Time;

use super::accounts::{Account, Kind, PEOPLE, REPORTS};
use super::event::{Action, Context, Event, Session, Target};
use super::random::SplitMix64;

const MINUTE: Duration = Duration::from_mins(1);
/// Of a thousand log-ins so many fail at first.
const MISTYPED: u64 = 48;
/// Of a thousand changes of documents so many are denied.
const DENIED: u64 = 12;

const DOCUMENTS: [(&str, &str); 16] = [
    ("doc_101", "Board minutes June"),
    ("doc_102", "Budget 2024"),
    ("doc_103", "Customer list"),
    ("doc_104", "Data processing agreement"),
    ("doc_105", "Employee handbook"),
    ("doc_106", "Forecast Q3"),
    ("doc_107", "Incident runbook"),
    ("doc_108", "Insurance policy"),
    ("doc_109", "Lease Lisbon"),
    ("doc_110", "Onboarding plan"),
    ("doc_111", "Price list 2023"),
    ("doc_112", "Product roadmap"),
    ("doc_113", "Salary bands"),
    ("doc_114", "Supplier contracts"),
    ("doc_115", "Travel policy"),
    ("doc_116", "Vacation calendar"),
];
const REPORT_NAMES: [(&str, &str); 4] = [
    ("rep_activity", "Activity"),
    ("rep_customers", "Customers"),
    ("rep_invoices", "Invoices"),
    ("rep_sales", "Sales by region"),
];
const SETTINGS: [(&str, &str); 4] = [
    ("set_link_expiry", "Expiry of shared links"),
    ("set_session_hours", "Length of sessions"),
    ("set_guests", "Guests may comment"),
    ("set_password_length", "Length of passwords"),
];

/// Adds the events of the day that begins at `midnight`.
pub(super) fn add(events: &mut Vec<Event>, midnight: Time, random: &mut SplitMix64) {
    let report = random.duration(MINUTE * 330, MINUTE * 332);
    add_nightly_report(events, midnight + report, random);
    if is_weekend(midnight) {
        let first = random.pick(&[0, 1, 2, 3, 4]);
        let few = PEOPLE.iter().skip(first).step_by(5).take(random.pick(&[2, 2, 3]));
        for account in few {
            Day { events, midnight, random, account }.weekend();
        }
        return;
    }
    for account in &PEOPLE {
        if random.happens(975) {
            Day { events, midnight, random, account }.working_day();
        }
    }
}

/// 1 January 1970 was a Thursday.
pub(super) fn is_weekend(midnight: Time) -> bool {
    let days = midnight.since(Time::EPOCH).as_secs() / Duration::from_hours(24).as_secs();
    matches!(days % 7, 2 | 3)
}

fn add_nightly_report(events: &mut Vec<Event>, at: Time, random: &mut SplitMix64) {
    let Account { office, user_agent, .. } = REPORTS;
    let session = Session { account: &REPORTS, id: None, context: Context { ip: office, user_agent } };
    events.push(session.event(random.id("evt"), at, Action::Export, any_report(random)));
}

/// One person's day.
struct Day<'a> {
    events: &'a mut Vec<Event>,
    midnight: Time,
    random: &'a mut SplitMix64,
    account: &'a Account,
}

impl Day<'_> {
    fn working_day(&mut self) {
        let ip = if self.random.happens(250) { self.account.home } else { self.account.office };
        let arrival = self.random.duration(MINUTE * 495, MINUTE * 580);
        let lunch = self.random.duration(MINUTE * 715, MINUTE * 755);
        let (morning, most) = (self.random.between(8, 12), lunch.saturating_sub(arrival));
        // Of two times the earlier one: most of the work is done early.
        let front =
            |random: &mut SplitMix64| random.duration(MINUTE, most).min(random.duration(MINUTE, most));
        self.session(ip, (arrival, lunch), morning, front);
        let back = self.random.duration(MINUTE * 770, MINUTE * 793);
        let evening = self.random.duration(MINUTE * 1_000, MINUTE * 1_110);
        let (afternoon, most) = (self.random.between(7, 11), evening.saturating_sub(back));
        self.session(ip, (back, evening), afternoon, |random| random.duration(MINUTE, most));
    }

    fn weekend(&mut self) {
        let from = self.random.duration(MINUTE * 540, MINUTE * 1_020);
        let span = self.random.duration(MINUTE * 30, MINUTE * 100);
        let count = self.random.between(8, 14);
        let home = self.account.home;
        self.session(home, (from, from + span), count, |random| random.duration(MINUTE, span));
    }

    /// A log-in, so many actions, each as long after the log-in as `offset` says, and mostly a log-out.
    fn session(
        &mut self,
        ip: &'static str,
        (from, to): (Duration, Duration),
        actions: u64,
        offset: impl Fn(&mut SplitMix64) -> Duration,
    ) {
        let context = Context { ip, user_agent: self.account.user_agent };
        let session = Session { account: self.account, id: Some(self.random.id("ses")), context };
        let login = self.log_in(&session, self.midnight + from);
        for _ in 0..actions {
            let at = login + offset(self.random);
            let event = self.action(&session, at);
            self.events.push(event);
        }
        if self.random.happens(800) {
            let id = self.random.id("evt");
            let target = Target::account(self.account);
            // After the last action, since a log-in may have taken two attempts.
            self.events.push(session.event(id, self.midnight + to + MINUTE * 2, Action::Logout, target));
        }
    }

    /// Logs in, at times at the second attempt; returns when.
    fn log_in(&mut self, session: &Session<'_>, at: Time) -> Time {
        let mut now = at;
        if self.random.happens(MISTYPED) {
            let reason = self.random.pick(&["wrong_password", "wrong_password", "mfa_code_expired"]);
            let id = self.random.id("evt");
            let attempt = session.event(id, now, Action::Login, Target::account(self.account));
            self.events.push(attempt.without_session().failed(reason));
            now = now + self.random.duration(Duration::from_secs(9), Duration::from_secs(55));
        }
        let id = self.random.id("evt");
        self.events.push(session.event(id, now, Action::Login, Target::account(self.account)));
        now
    }

    fn action(&mut self, session: &Session<'_>, at: Time) -> Event {
        let id = self.random.id("evt");
        if self.account.kind == Kind::Administrator && self.random.happens(70) {
            let (action, target) = administration(self.random);
            return session.event(id, at, action, target);
        }
        let (action, target) = match self.random.below(100) {
            0..61 => (Action::View, any_document(self.random)),
            61..86 => (Action::Update, any_document(self.random)),
            86..96 => (Action::Share, any_document(self.random)),
            _ => (Action::Export, any_report(self.random)),
        };
        let event = session.event(id, at, action, target);
        let may_be_denied = matches!(action, Action::Update | Action::Share);
        if may_be_denied && self.random.happens(DENIED) { event.failed("permission_denied") } else { event }
    }
}

fn administration(random: &mut SplitMix64) -> (Action, Target) {
    let number = random.between(10, 99);
    let guest = || Target::new("account", format!("usr_{number}"), format!("guest{number}@made-up.example"));
    match random.below(10) {
        0..3 => (Action::InviteMember, guest()),
        3..5 => (Action::RemoveMember, guest()),
        5..7 => {
            let name = random.pick(&["viewer", "editor", "billing"]);
            (Action::GrantRole, Target::new("role", format!("role_{name}"), name))
        }
        7..9 => (Action::ChangeSetting, named("setting", random.pick(&SETTINGS))),
        _ => (Action::CreateApiKey, Target::new("api_key", random.id("key"), "Integration")),
    }
}

fn any_document(random: &mut SplitMix64) -> Target {
    named("document", random.pick(&DOCUMENTS))
}

fn any_report(random: &mut SplitMix64) -> Target {
    named("report", random.pick(&REPORT_NAMES))
}

fn named(kind: &'static str, (id, name): (&str, &str)) -> Target {
    Target::new(kind, id, name)
}
