//! What holds for every mapping, every event and every text of the setting.

use proptest::prelude::*;

use super::*;
use crate::event::{self, tests::any_json};
use crate::time::Time;

/// A mapping as the setting allows it.
fn any_mapping() -> impl Strategy<Value = EventFields> {
    let path = || "(/([a-d]|~0|~1|\"|[0-9é\u{1}]){1,3}){1,3}".prop_map(|text| FieldPath::new(&text));
    let words = || prop::collection::vec("[a-z\"é]{1,5}[*]?|[*][a-z\"é]{0,5}", 0..3);
    let rule = (path(), words(), words(), any::<bool>()).prop_map(|(path, success, failure, any)| {
        let any = any || success.is_empty() && failure.is_empty();
        OutcomeRule { path, success: if any { vec!["*".to_owned()] } else { success }, failure }
    });
    let rules = (prop::collection::vec(rule, 0..4), prop::sample::select(Outcome::ALL.to_vec()));
    let rules = rules.prop_map(|(rules, otherwise)| OutcomeRules::new(rules, otherwise));
    let paths = prop::collection::vec(prop::collection::vec(path(), 0..4), Field::ALL.len());
    (paths, rules).prop_map(|(paths, rules)| EventFields::new(|field| paths[field as usize].clone(), rules))
}

proptest! {
    #[test]
    fn a_printed_mapping_is_the_same_one(mapping in any_mapping()) {
        let text = mapping.to_string();
        prop_assert_eq!(text.parse::<EventFields>().unwrap(), mapping.clone(), "{}", text);
        prop_assert_eq!(text.parse::<EventFields>().unwrap().hash(), mapping.hash());
        let setting = FieldSetting::parse(&text).unwrap().unwrap();
        prop_assert_eq!(setting.to_string(), text);
        prop_assert_eq!((setting.preset(), setting.fields()), (None, mapping));
    }

    #[test]
    fn a_hash_is_the_mappings_and_nothing_elses(one in any_mapping(), other in any_mapping()) {
        prop_assert_eq!(one == other, one.hash() == other.hash());
        let hash = one.hash();
        prop_assert_eq!(MappingHash::try_from(String::from(hash)), Ok(hash));
    }

    #[test]
    fn no_event_makes_the_reading_fail(text in any_json(), mapping in any_mapping()) {
        for mapping in Preset::ALL.map(Preset::fields).into_iter().chain([mapping]) {
            if let Ok(found) = event::find(text.as_bytes(), mapping.paths()) {
                let reading = mapping.read(&found);
                for field in Field::ALL {
                    prop_assert!(reading.text(field).is_none_or(|value| !value.is_empty()));
                }
                prop_assert!(reading.time.is_none_or(|time| time <= Time::LAST));
            }
        }
    }

    #[test]
    fn no_text_makes_the_setting_fail(text in any::<String>(), json in any_json()) {
        for text in [text, json] {
            if let Ok(Some(setting)) = FieldSetting::parse(&text) {
                prop_assert_eq!(FieldSetting::parse(&setting.to_string()), Ok(Some(setting)));
            }
        }
    }
}

#[test]
fn a_preset_can_be_printed_stored_and_read_in_full() {
    for preset in Preset::ALL {
        let fields = preset.fields();
        assert_eq!(fields.to_string().parse::<EventFields>().unwrap(), fields, "{preset}");
        assert_eq!(FieldSetting::parse(preset.as_str()), Ok(Some(FieldSetting::Preset(preset))));
        for other in Preset::ALL.into_iter().filter(|other| *other != preset) {
            assert_ne!(other.fields().hash(), fields.hash());
        }
    }
}

/// An index is good for one hash: this shows when a change of a preset makes all of them anew.
#[test]
fn the_hash_of_a_preset_is_the_same_on_each_machine() {
    let hashes = Preset::ALL.map(|preset| format!("{preset} {}", preset.fields().hash()));
    let known = [
        "cloudtrail eceb90ada84fb864",
        "ocsf 6b5c065807b70a84",
        "ecs 03f0462ff29bf1b3",
        "auth0 4bcdf3fe58d4b198",
        "workos 1bd9999eebc448ff",
        "generic 8d3b7f7b5c80bbb1",
    ];
    assert_eq!(hashes, known);
}
