//! The tables of the presets: where each field is, and how a success is written. Each names its sources,
//! which were read in November 2026.
//!
//! A field's first path with a text, a number or a boolean counts, so the more specific ones come first.

mod auth0;
mod cloudtrail;
mod ecs;
mod generic;
mod ocsf;
mod workos;

use super::{EventFields, Field, Outcome, OutcomeRule, OutcomeRules, Preset};
use crate::event::FieldPath;

/// How most products write a success.
const SUCCESS: &[&str] = &[
    "success",
    "succeeded",
    "successful",
    "ok",
    "true",
    "allow",
    "allowed",
    "permitted",
    "granted",
    "pass",
    "passed",
    "completed",
    "200",
    "201",
    "202",
    "204",
];
/// How most products write a failure.
const FAILURE: &[&str] = &[
    "failure",
    "failed",
    "fail",
    "error",
    "false",
    "deny",
    "denied",
    "rejected",
    "forbidden",
    "blocked",
    "unauthorized",
    "400",
    "401",
    "403",
    "404",
    "409",
    "422",
    "429",
    "500",
    "502",
    "503",
];
/// Any value.
const ANY: &[&str] = &["*"];
/// No value.
const NONE: &[&str] = &[];

/// The table of a preset.
pub(super) const fn of(preset: Preset) -> &'static Table {
    match preset {
        Preset::Cloudtrail => &cloudtrail::TABLE,
        Preset::Ocsf => &ocsf::TABLE,
        Preset::Ecs => &ecs::TABLE,
        Preset::Auth0 => &auth0::TABLE,
        Preset::Workos => &workos::TABLE,
        Preset::Generic => &generic::TABLE,
    }
}

/// A mapping as it is written in the source.
pub(super) struct Table {
    /// The JSON Pointers of each field but the outcome.
    paths: &'static [(Field, &'static [&'static str])],
    /// How the outcome is read.
    rules: &'static [Rule],
    /// The outcome if no rule applies.
    otherwise: Outcome,
}

/// One rule of an outcome: a JSON Pointer, the values of a success, and those of a failure.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str]);

impl Table {
    pub(super) fn fields(&self) -> EventFields {
        let paths_of = |field| {
            let of_field = self.paths.iter().filter(|(of, _)| *of == field);
            of_field.flat_map(|(_, paths)| *paths).map(|path| FieldPath::new(path)).collect()
        };
        let rules = self.rules.iter().map(|(path, success, failure)| OutcomeRule {
            path: FieldPath::new(path),
            success: owned(success),
            failure: owned(failure),
        });
        EventFields::new(paths_of, OutcomeRules::new(rules.collect(), self.otherwise))
    }
}

/// The words by which most products write a success.
pub(super) fn success_words() -> Vec<String> {
    owned(SUCCESS)
}

/// The words by which most products write a failure.
pub(super) fn failure_words() -> Vec<String> {
    owned(FAILURE)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::setting::MAX_PATHS;
    use super::*;

    #[test]
    fn a_table_has_each_field_once_and_only_json_pointers() {
        for preset in Preset::ALL {
            let table = of(preset);
            for field in Field::ALL {
                let lists: Vec<_> = table.paths.iter().filter(|(of, _)| *of == field).collect();
                assert!(
                    lists.len() <= 1 && (field != Field::Outcome || lists.is_empty()),
                    "{preset} {field}"
                );
                let paths: Vec<&str> = lists.iter().flat_map(|(_, paths)| *paths).copied().collect();
                assert!(paths.len() <= MAX_PATHS, "{preset} {field}");
                for (index, path) in paths.iter().enumerate() {
                    assert_eq!(FieldPath::new(path).pointer(), **path, "{preset} {field}");
                    assert!(path.starts_with('/') && !paths[..index].contains(path), "{preset} {path}");
                }
            }
            assert!(
                table.rules.len() <= MAX_PATHS && table.rules.iter().all(|(path, ..)| path.starts_with('/'))
            );
        }
    }
}
