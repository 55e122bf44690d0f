//! What the documentation says of the code.

use std::fs;
use std::path::Path;

use gaitkeeper::config::{CLIENT_DEFAULTS, DEFAULTS, Dialect};

use crate::architecture::sources;

/// A control without a test is a hope.
#[test]
fn every_test_that_security_names_exists() {
    let text = fs::read_to_string("docs/security.md").unwrap();
    let code: String = ["src", "tests"]
        .into_iter()
        .flat_map(|folder| sources(Path::new(folder)))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let table = text.split("## Threats").nth(1).unwrap().split("## Clients").next().unwrap();
    let mut named = 0;
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| **")).skip(1) {
        let shown = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        let tests: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "nothing shows it: {line}");
        for test in tests.into_iter().filter(|name| !name.contains([' ', ':'])) {
            assert!(code.contains(&format!("fn {test}(")), "{test} is no test");
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}

/// The table of dialects has a column for each, in the order of the code.
#[test]
fn the_table_of_dialects_is_that_of_the_code() {
    let text = fs::read_to_string("docs/security.md").unwrap();
    let row = |start: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(start)).unwrap();
        line.split('|').skip(2).map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect()
    };
    assert_eq!(row("| | standard"), Dialect::ALL.map(|dialect| dialect.manner().name));
    let yes = |cells: Vec<String>, word: &str| -> Vec<bool> {
        cells.iter().map(|cell| cell.starts_with(word)).collect()
    };
    let of = |trait_of: fn(gaitkeeper::config::Manner) -> bool| -> Vec<bool> {
        Dialect::ALL.iter().map(|dialect| trait_of(dialect.manner())).collect()
    };
    assert_eq!(yes(row("| needs `sandbox"), "yes"), of(|manner| manner.sandbox_only));
    assert_eq!(yes(row("| `tenants`"), "yes"), of(|manner| manner.tenants_needed));
    assert_eq!(yes(row("| prefetch keys"), "the same"), of(|manner| manner.any_case_of_keys));
    assert_eq!(yes(row("| suggestions"), "those with"), of(|manner| manner.one_action));
    let per_instance =
        |manner: gaitkeeper::config::Manner| manner.replay == gaitkeeper::config::Replay::PerHookInstance;
    assert_eq!(yes(row("| `replay`"), "per-hook"), of(per_instance));
}

/// Settings that the documentation names in full.
#[test]
fn every_setting_that_security_names_exists() {
    let text = fs::read_to_string("docs/security.md").unwrap();
    let sections = ["auth.", "limits.", "server.", "tls.", "sandbox.", "fhir."];
    let mut named = 0;
    for setting in text.split('`').skip(1).step_by(2) {
        let setting = setting.split(' ').next().unwrap();
        let Some(section) = sections.iter().find(|section| setting.starts_with(**section)) else { continue };
        let name = &setting[section.len()..];
        assert!(DEFAULTS.contains(&format!("\n{name} = ")), "{setting} is no setting");
        named += 1;
    }
    assert!(named > 8, "{named}");
    for name in ["services", "replay", "tenants", "fhir_bases", "key_set_urls", "prefetch_aliases"] {
        assert!(CLIENT_DEFAULTS.contains(&format!("\n{name} = ")), "{name}");
    }
}
