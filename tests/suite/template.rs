//! `template.yaml` and the code agree: each function is given exactly the variables that it reads.

use std::collections::BTreeSet;

use adapters::settings::{ApiSettings, DispatcherSettings, ExporterSettings};

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

fn read(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

// That the code reads exactly its `NAMES` is tested beside it.
#[test]
fn the_template_gives_each_function_exactly_the_variables_that_it_reads() {
    assert_eq!(given("Exporter"), read(ExporterSettings::NAMES));
    assert_eq!(given("Dispatcher"), read(DispatcherSettings::NAMES));
    assert_eq!(given("Api"), read(ApiSettings::NAMES));
}
