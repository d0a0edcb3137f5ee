//! Arbitrary filters and events. Their values are few, so that many events pass.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::pattern::Symbol;
use super::*;
use crate::event::tests::any_json;

/// Values as they are compared.
const VALUES: [&str; 22] = [
    "ana",
    "ANA",
    "an",
    "a",
    "a*a",
    "*",
    "ana bob",
    "Müller",
    "k",
    "\u{212a}",
    "10.0.0.1",
    "10.0.0.0/8",
    "::FFFF:10.0.0.1",
    "true",
    "1E5",
    "{}",
    "-a",
    "a:b",
    "a,b",
    "\"",
    "\\",
    "\u{a0}",
];

/// Values as they are written in events.
const WRITTEN: [&str; 24] = [
    "\"ana\"",
    "\"Ana\"",
    "\"ANA BOB\"",
    "\"a*a\"",
    "\"aBa\"",
    "\"M\\u00fcller\"",
    "\"MÜLLER\"",
    "\"\u{212a}\"",
    "\"\\u212a\"",
    "\"10.0.0.1\"",
    "\"10.0.0.0/8\"",
    "\"::ffff:10.0.0.1\"",
    "\"a:b\"",
    "\"a,b\"",
    "\"\\\"\"",
    "\"\\\\\"",
    "\"2026-11-01T10:00:00Z\"",
    "\"\"",
    "null",
    "true",
    "1E5",
    "{}",
    "[\"ana\",10]",
    "{\"ana\":{\"a\":\"x\"}}",
];

/// An event with some of the fields, or any at all. It may be invalid.
pub(super) fn any_event() -> impl Strategy<Value = String> {
    let names = Field::ALL.map(Field::as_str).into_iter().chain(["user", "result", "a b", "\\u0061"]);
    let member = (select(names.collect::<Vec<_>>()), select(&WRITTEN[..]));
    let member = member.prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let event = prop::collection::vec(member, 0..8).prop_map(|members| format!("{{{}}}", members.join(",")));
    prop_oneof![4 => event, 1 => any_json()]
}

pub(super) fn any_value() -> impl Strategy<Value = String> {
    let any = any::<String>().prop_filter("a value isn't empty", |value| !value.is_empty());
    prop_oneof![8 => select(&VALUES[..]).prop_map(str::to_owned), 1 => any]
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let char = select("anA*ü \"\\,/".chars().collect::<Vec<_>>());
    let char = prop_oneof![4 => char, 1 => any::<char>()];
    let symbol = prop_oneof![2 => char.prop_map(Symbol::Char), 1 => Just(Symbol::Wildcard)];
    let glob = prop::collection::vec(symbol, 1..8).prop_map(|symbols| Pattern::new(&symbols).unwrap());
    let exact = any_value().prop_map(|value| Pattern::exactly(&value));
    prop_oneof![3 => exact, 2 => glob, 1 => Just(Pattern::any())]
}

pub(super) fn any_net() -> impl Strategy<Value = Net> {
    let address = prop_oneof![
        any::<std::net::IpAddr>(),
        select(vec!["10.0.0.1", "::ffff:10.0.0.1", "::", "255.255.255.255"])
            .prop_map(|text| text.parse().unwrap()),
    ];
    (address, any::<prop::sample::Index>()).prop_map(|(address, prefix)| {
        let prefix = prefix.index(if address.is_ipv4() { 33 } else { 129 });
        match Net::parse(&format!("{address}/{prefix}")) {
            Ok(net) | Err(FilterErrorKind::HostBits(net)) => net,
            Err(error) => panic!("{error}"),
        }
    })
}

pub(super) fn any_span() -> impl Strategy<Value = Span> {
    let unit = select(vec![1i64, 1_000, 60_000, 86_400_000]);
    let time = (0..=3_000_000_000_000i64, unit).prop_map(|(ms, unit)| ms - ms % unit);
    let near = select(vec![0, 1, 1_793_525_000_000, Time::LAST.millis(), Time::LAST.millis() - 5_000]);
    let time = prop_oneof![3 => time, 1 => near].prop_map(|ms| Time::from_millis(ms).unwrap());
    let length =
        select(vec![None, Some(1i64), Some(1_000), Some(60_000), Some(86_400_000), Some(864_000_000)]);
    let span = (time, length, any::<bool>()).prop_map(|(from, length, since_ever)| Span {
        from: if since_ever { Time::EPOCH } else { from },
        to: length.and_then(|length| Time::from_millis(from.millis() + length)).unwrap_or(Time::LAST),
    });
    span.prop_filter("a term's span isn't empty", |span| !span.is_empty())
}

fn any_path() -> impl Strategy<Value = FieldPath> {
    let known =
        select(vec!["/actor", "/target/ana/a", "/target/0", "/n", "/n/a", "/n/0/id", "/a b", "/a:\"b", "/"]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>().prop_map(|name| format!("/{name}"))]
        .prop_map(|pointer| FieldPath::new(&pointer))
}

pub(super) fn any_term() -> impl Strategy<Value = Term> {
    fn some<T: std::fmt::Debug>(each: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
        prop::collection::vec(each, 1..4)
    }
    let fields = [Field::Id, Field::Action, Field::Category, Field::Actor, Field::Session, Field::Target];
    let ip = prop_oneof![any_net().prop_map(IpPattern::Net), any_pattern().prop_map(IpPattern::Text)];
    let test = prop_oneof![
        4 => (select(fields.to_vec()), some(any_pattern())).prop_map(|(field, any)| Test::Field(field, any)),
        1 => some(ip).prop_map(Test::Ip),
        1 => some(select(&Outcome::ALL[..])).prop_map(Test::Outcome),
        1 => any_span().prop_map(Test::Time),
        2 => (any_path(), some(any_pattern())).prop_map(|(path, any)| Test::Path(path, any)),
        2 => any_value().prop_map(Test::Text),
    ];
    (any::<bool>(), test).prop_map(|(negated, test)| Term::new(negated, test))
}

/// A filter with up to this many terms.
pub(super) fn any_filter(terms: usize) -> impl Strategy<Value = Filter> {
    prop::collection::vec(any_term(), 0..=terms).prop_map(|terms| {
        let add = |filter: Filter, term| filter.clone().with(term).unwrap_or(filter);
        terms.into_iter().fold(Filter::default(), add)
    })
}
