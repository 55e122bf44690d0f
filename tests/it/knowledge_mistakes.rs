//! A package with mistakes is refused with all of them, each with its file and line.

use gaitkeeper::knowledge::{Knowledge, PackageSource};

/// The embedded package with one file changed.
fn with(path: &str, change: impl Fn(&str) -> String) -> PackageSource {
    let source = PackageSource::embedded();
    let text = change(source.text(path).unwrap_or_else(|| panic!("no file {path}")));
    source.with(path, &text)
}

fn mistakes(source: &PackageSource) -> Vec<String> {
    match Knowledge::load(source) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

const RULES: &str = "topics/imaging/rules.yaml";

#[test]
fn each_kind_of_mistake_is_told_with_its_place() {
    let replaced = |path: &str, from: &str, to: &str| {
        assert!(PackageSource::embedded().text(path).unwrap().contains(from), "{from} is not in {path}");
        mistakes(&with(path, |text| text.replacen(from, to, 1)))
    };
    for (path, from, to, expected) in [
        (RULES, "fact: egfr,", "fact: egfrr,", "`egfrr` is not a known measured fact"),
        (RULES, "limit: gadolinium-egfr-floor", "limit: floor", "`floor` is not a known threshold"),
        (
            RULES,
            "limit: gadolinium-egfr-floor",
            "limit: abi-normal-from",
            "here the unit must be mL/min/{1.73_m2}",
        ),
        (
            RULES,
            "known: { has: dialysis-dependence }",
            "known: { has: dialysis }",
            "`dialysis` is not a known diagnosis",
        ),
        (
            RULES,
            "- remove: contrast-imaging",
            "- remove: imaging",
            "`imaging` is not a known order fact or medicine",
        ),
        (RULES, "- create: mra-leg-without-contrast", "- create: mra", "`mra` is not a known order"),
        (RULES, "eGFR: {{ egfr }}", "eGFR: {{ eGFR }}", "`eGFR` is not a known fact or threshold"),
        (
            RULES,
            "eGFR: {{ egfr }}",
            "eGFR: {{ egfr | round }}",
            "`egfr | round` is not a known fact or threshold",
        ),
        (
            RULES,
            "eGFR: {{ egfr }}",
            "eGFR: {% if egfr %}low{% endif %}",
            "names in `{{ }}` and no other marks",
        ),
        (RULES, "eGFR: {{ egfr }}", "eGFR: {{ egfr ", "`{{` without `}}`"),
        (RULES, "says: [SAF-15, PIT-07]", "says: [SAF-15, PIT-77]", "`PIT-77` is not a known statement"),
        (RULES, "silences: [PIT-07, ", "silences: [PIT, ", "`PIT` is not a known rule"),
        (RULES, "id: PIT-07-CONFLICT", "id: PIT-07", "`PIT-07` is there twice"),
        (
            "services.yaml",
            "    hook: encounter-discharge",
            "    hook: patient-view",
            "no service is called by",
        ),
        (RULES, "indicator: critical", "indicator: hard-stop", "unknown variant"),
        (RULES, "    title: No group I", "    titel: No group I", "titel"),
        (
            "facts.yaml",
            "codes: [heart-failure]",
            "codes: [heart-failur]",
            "`heart-failur` is not a known value set",
        ),
        (
            "facts.yaml",
            "plausible: { from: 1, to: 250 }",
            "plausible: { from: 250, to: 1 }",
            "plausible range is empty",
        ),
        ("thresholds.yaml", "source: [\"1\", S3]", "source: [\"1\", S99]", "`S99` is not a known reference"),
        ("thresholds.yaml", "source: [\"1\", S3]", "source: []", "names no source"),
        ("orders.yaml", "code: \"44129-5\"", "code: \"44129-6\"", "is in no value set"),
        (
            "services.yaml",
            "requires: [conditions]",
            "requires: [problems]",
            "`problems` is not a known prefetch key",
        ),
        (
            "services.yaml",
            "    requires: [conditions]",
            "    requires: [conditions]\n    topics: [referral, imaging, pads]",
            "`pads` is not a known topic",
        ),
        ("package.yaml", "version: 0.1.0", "version: [", "package.yaml:"),
        (
            "value-sets/dialysis.json",
            "\"resourceType\": \"ValueSet\"",
            "\"resourceType\": \"Bundle\"",
            "must be ValueSet",
        ),
        ("drug-products.csv", "rxcui,ingredient", "code,ingredient", "not a product"),
    ] {
        let told = replaced(path, from, to);
        assert!(told.iter().any(|text| text.contains(expected)), "{from} -> {to}: {told:#?}");
    }
}

#[test]
fn a_name_that_does_not_exist_is_told_with_its_line() {
    let source = with(RULES, |text| text.replacen("fact: egfr,", "fact: egfrr,", 1));
    let line = source.text(RULES).unwrap().lines().position(|line| line.contains("egfrr")).unwrap() + 1;
    let told = mistakes(&source);
    assert!(told.contains(&format!("{RULES}:{line}: `egfrr` is not a known measured fact")), "{told:#?}");
}

#[test]
fn mistakes_in_several_files_are_told_at_once() {
    let source = with(RULES, |text| text.replacen("fact: egfr,", "fact: egfrr,", 1));
    let facts = source.text("facts.yaml").unwrap().replacen("[heart-failure]", "[hart]", 1);
    let thresholds = source.text("thresholds.yaml").unwrap().replacen("S14", "S41", 1);
    let told = mistakes(&source.with("facts.yaml", &facts).with("thresholds.yaml", &thresholds)).join("\n");
    for expected in ["egfrr", "`hart`", "`S41`"] {
        assert!(told.contains(expected), "{expected} is missing in:\n{told}");
    }
}

#[test]
fn a_reason_to_override_is_a_code_of_its_system_with_words() {
    const FILE: &str = "override-reasons.yaml";
    for (from, to, expected) in [
        ("code: limited-time", "code: no-time", "`no-time` is not a known code of its system"),
        ("code: limited-time", "code: patient-refuses", "`patient-refuses` is there twice"),
        ("display: PC CDS does not apply to patient", "display: \"\"", "`cds-not-applicable` has no display"),
    ] {
        let source = with(FILE, |text| {
            assert!(text.contains(from), "{from} is not in {FILE}");
            text.replacen(from, to, 1)
        });
        let told = mistakes(&source);
        assert!(told.iter().any(|text| text.starts_with(FILE) && text.contains(expected)), "{told:#?}");
    }
}

#[test]
fn what_nothing_uses_is_a_mistake() {
    let source = with("thresholds.yaml", |text| {
        format!("{text}  spare:\n    title: Spare\n    value: 1\n    unit: \"1\"\n    source: [K]\n")
    });
    assert_eq!(mistakes(&source), ["thresholds.yaml: `spare` is used by no rule and no text"]);
}

#[test]
fn a_rule_without_cases_is_a_mistake_for_each_kind() {
    let source = with("topics/imaging/cases.yaml", |text| {
        let head = text.split("rules:").next().unwrap();
        format!("{head}rules: []\n")
    });
    let told = mistakes(&source);
    for words in ["fires", "stays silent", "sits on a boundary", "lacks data"] {
        let expected = format!("`PIT-07` has no case that {words}");
        assert!(told.iter().any(|text| text.contains(&expected)), "{expected}: {told:#?}");
    }
}
