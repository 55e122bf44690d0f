//! A rule on trial: evaluated and counted, shown to nobody, and without effect on what is shown.

use std::fs;

use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Setting};
use gaitkeeper::rehearsal::run_cases;
use time::macros::datetime;

const RULES: &str = "topics/imaging/rules.yaml";

/// The package in the binary with PIT-07 on trial.
fn on_trial() -> Knowledge {
    let source = PackageSource::embedded();
    let text = source.text(RULES).unwrap();
    assert!(text.contains("- id: PIT-07\n"));
    let text = text.replacen("- id: PIT-07\n", "- id: PIT-07\n    state: trial\n", 1);
    Knowledge::load(&source.with(RULES, &text)).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn a_rule_on_trial_is_counted_and_not_shown() {
    let folder = "fixtures/hooks/leg-pain-order-sign/contrast-mra-egfr-29";
    let body = fs::read(format!("{folder}/request.json")).unwrap();
    let told = |knowledge: &Knowledge| {
        let setting =
            Setting { knowledge, now: datetime!(2026-03-01 09:00 UTC), public_url: "https://cds.example" };
        pipeline::travel(&setting, "leg-pain-order-sign", &body, |journey| {
            let codes = |cards: &[gaitkeeper::wire::Card]| {
                cards.iter().map(|card| card.source.topic.code.clone()).collect::<Vec<_>>()
            };
            let trials: Vec<bool> = journey.origins.iter().map(|(_, trial)| *trial).collect();
            (codes(&journey.response.cards), codes(&journey.trial), trials)
        })
        .unwrap()
    };
    let active = Knowledge::load(&PackageSource::embedded()).unwrap();
    let (shown, counted, trials) = told(&active);
    assert!(shown.contains(&"PIT07".to_owned()), "{shown:?}");
    assert!(counted.is_empty() && trials.iter().all(|trial| !trial));
    let (shown, counted, trials) = told(&on_trial());
    assert!(!shown.contains(&"PIT07".to_owned()), "{shown:?}");
    assert_eq!(counted, ["PIT07"]);
    assert_eq!(trials.iter().filter(|trial| **trial).count(), 1);
}

#[test]
fn a_row_on_trial_is_counted_and_its_table_goes_on_without_it() {
    const PAD: &str = "topics/pad/rules.yaml";
    let source = PackageSource::embedded();
    let text = source.text(PAD).unwrap();
    let text = text.replacen("  - id: PAD-08\n", "  - id: PAD-08\n    state: trial\n", 1);
    let knowledge = Knowledge::load(&source.with(PAD, &text)).unwrap_or_else(|problems| panic!("{problems}"));
    let setting = Setting {
        knowledge: &knowledge,
        now: datetime!(2026-03-01 09:00 UTC),
        public_url: "https://cds.example",
    };
    let body = fs::read("fixtures/hooks/leg-pain-patient-view/claudication-untreated/request.json").unwrap();
    pipeline::travel(&setting, "leg-pain-patient-view", &body, |journey| {
        let table = journey.response.cards.iter().find(|card| card.source.topic.code == "PAD07").unwrap();
        assert!(!table.summary.contains("smoking"), "{}", table.summary);
        let counted: Vec<_> = journey.origins.iter().filter(|(_, trial)| *trial).map(|(id, _)| *id).collect();
        let known = gaitkeeper::cards::origins(&knowledge);
        let names = known.iter().filter(|origin| counted.contains(&origin.id()));
        assert_eq!(names.map(|origin| origin.card.as_str()).collect::<Vec<_>>(), ["PAD-08"]);
    })
    .unwrap();
}

#[test]
fn the_cases_of_a_rule_on_trial_are_tested_as_if_it_were_shown() {
    let verdicts = run_cases(&on_trial());
    let own: Vec<_> = verdicts.iter().filter(|verdict| verdict.rule == "PIT-07").collect();
    assert!(!own.is_empty());
    let wrong: Vec<_> = own.iter().filter(|verdict| !verdict.problems.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
