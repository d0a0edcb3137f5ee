//! `template.yaml` and the code agree: each function is given exactly the variables that it reads.

use std::cell::RefCell;
use std::collections::BTreeSet;

use adapters::settings::{DispatcherSettings, ExporterSettings};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// The variables that a resource of the template is given.
fn given(resource: &str) -> BTreeSet<String> {
    let head = format!("  {resource}:");
    TEMPLATE
        .lines()
        .skip_while(|line| *line != head)
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with("   "))
        .skip_while(|line| line.trim() != "Variables:")
        .skip(1)
        .take_while(|line| line.starts_with("          "))
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The variables that a function asks for when it reads its settings.
fn asked(read: impl Fn(&dyn Fn(&str) -> Option<String>)) -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    read(&|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    asked.into_inner()
}

#[test]
fn the_template_gives_the_exporter_exactly_what_it_reads() {
    let asked = asked(|env| drop(ExporterSettings::read(env)));
    assert_eq!(given("Exporter"), asked);
    assert_eq!(asked, ExporterSettings::NAMES.iter().map(ToString::to_string).collect());
}

#[test]
fn the_template_gives_the_dispatcher_exactly_what_it_reads() {
    let asked = asked(|env| drop(DispatcherSettings::read(env)));
    assert_eq!(given("Dispatcher"), asked);
    assert_eq!(asked, DispatcherSettings::NAMES.iter().map(ToString::to_string).collect());
}
