//! What is tried, and what must hold of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gaitkeeper::auth::Auth;
use gaitkeeper::auth::mint::TestKey;
use gaitkeeper::chart::When;
use gaitkeeper::config::{Config, Overrides, TEST_ISSUER};
use gaitkeeper::fhir::{Answer, Resource, supply_of};
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Setting};
use proptest::prelude::*;
use proptest::sample::Index;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::damage::{Damage, damaged, damages, dates, dosages, hostile, quantities, quoted};
use super::fuzz;

const NOW: OffsetDateTime = datetime!(2026-03-01 09:00 UTC);
const URL: &str = "https://cds.example/cds-services/leg-pain-patient-view";

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
    Knowledge::load(&PackageSource::embedded()).unwrap_or_else(|problems| panic!("{problems}"))
});

/// Recorded calls with their services, and one that holds something of every kind.
static CALLS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let mut folders: Vec<PathBuf> = Vec::new();
    for service in children(Path::new("fixtures/hooks")) {
        folders.extend(children(&service));
    }
    let calls = folders.iter().map(|folder| {
        let service = folder.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        let mut call: Value =
            serde_json::from_slice(&fs::read(folder.join("request.json")).unwrap()).unwrap();
        dose(&mut call);
        (service, call.to_string())
    });
    calls.collect()
});

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Gives every MedicationRequest a dosage in all its forms.
fn dose(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(dose),
        Value::Object(members) => {
            members.values_mut().for_each(dose);
            if members.get("resourceType") == Some(&json!("MedicationRequest")) {
                members.insert("dosageInstruction".to_owned(), json!([{
                    "text": "1 tablet twice daily", "patientInstruction": "with food", "asNeededBoolean": false,
                    "timing": { "code": { "text": "BID" }, "repeat": { "frequency": 2, "frequencyMax": 3, "period": 1, "periodUnit": "d", "boundsDuration": { "value": 12, "unit": "wk" } } },
                    "doseAndRate": [{ "doseQuantity": { "value": 100, "unit": "mg" }, "doseRange": { "low": { "value": 1, "unit": "tablet" }, "high": { "value": 2, "unit": "tablet" } } }],
                    "maxDosePerPeriod": { "numerator": { "value": 3, "unit": "tablet" }, "denominator": { "value": 1, "unit": "d" } }
                }]));
            }
        }
        _ => {}
    }
}

/// A call is refused or answered with cards that can be written; it never panics.
fn answer(service: &str, body: &[u8]) {
    let setting = Setting { knowledge: &KNOWLEDGE, now: NOW, public_url: "https://cds.example" };
    match pipeline::answer(&setting, service, body) {
        Ok(response) => {
            serde_json::to_string(&response).unwrap();
            assert!(response.cards.len() <= usize::from(KNOWLEDGE.package.most_cards));
            for card in &response.cards {
                assert!(card.summary.chars().count() < 140 && !card.summary.contains(char::is_control));
                if let Some(detail) = &card.detail {
                    is_our_markdown(detail);
                }
            }
        }
        Err(error) => assert!(error.to_string().len() < 300),
    }
}

/// Nothing that came with the call became HTML, a link or a picture.
fn is_our_markdown(detail: &str) {
    for event in Parser::new_ext(detail, Options::ENABLE_TABLES) {
        let foreign = matches!(
            event,
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. })
        );
        assert!(!foreign, "{event:?} in {detail}");
    }
}

fn calls(
    values: impl Strategy<Value = String> + 'static,
    names: &'static [&'static str],
) -> Result<u64, String> {
    let inputs = (any::<Index>(), damages(values));
    fuzz(inputs, |(place, damages): (Index, Vec<Damage>)| {
        let (service, call) = &CALLS[place.index(CALLS.len())];
        answer(service, &damaged(call, &damages, names));
    })
}

pub(crate) fn request_body() -> Result<u64, String> {
    calls(hostile(), &[])
}

pub(crate) fn dates_of_a_chart() -> Result<u64, String> {
    const NAMES: [&str; 12] = [
        "birthDate",
        "effectiveDateTime",
        "authoredOn",
        "onsetDateTime",
        "abatementDateTime",
        "recordedDate",
        "performedDateTime",
        "start",
        "end",
        "issued",
        "deceasedDateTime",
        "dateAsserted",
    ];
    calls(prop_oneof![4 => dates().prop_map(|text| quoted(&text)), 1 => hostile()], &NAMES)
}

pub(crate) fn quantities_of_a_chart() -> Result<u64, String> {
    calls(quantities(), &["value", "unit", "code", "comparator", "system", "valueString", "text"])
}

pub(crate) fn dosages_of_a_chart() -> Result<u64, String> {
    const NAMES: [&str; 9] = [
        "text",
        "frequency",
        "frequencyMax",
        "period",
        "periodUnit",
        "value",
        "unit",
        "asNeededBoolean",
        "patientInstruction",
    ];
    calls(dosages(), &NAMES)
}

/// A date is read or refused; what is read is a day that exists.
pub(crate) fn date() -> Result<u64, String> {
    fuzz(dates(), |text| {
        if let Ok(when) = When::parse(&text) {
            let day = NOW.date();
            assert!(when.first() <= when.last(), "{text}");
            assert!(text.trim().starts_with(&format!("{:04}", when.first().year())), "{text}");
            let (least, most) = when.days_until(day);
            assert!(least <= most, "{text}");
            let _ = (when.older_than(i64::MAX, day), when.older_than(i64::MIN, day), when.to_string());
        }
    })
}

/// Whatever the entries are: none is made up.
pub(crate) fn bundle_splitter() -> Result<u64, String> {
    let inputs = (any::<Index>(), any::<Index>(), damages(hostile()));
    fuzz(inputs, |(place, key, damages): (Index, Index, Vec<Damage>)| {
        let call: Value = serde_json::from_str(&CALLS[place.index(CALLS.len())].1).unwrap();
        let sent: Vec<&Value> = call["prefetch"].as_object().unwrap().values().collect();
        let bundle = sent[key.index(sent.len())].to_string();
        let bundle = damaged(&bundle, &damages, &[]);
        let Ok(raw) = serde_json::from_slice::<&RawValue>(&bundle) else { return };
        for expected in ["Patient", "Observation", "Condition", "MedicationRequest"] {
            let supply = supply_of(expected, Answer::split(raw));
            assert_eq!(supply.resources.len(), supply.full_urls.len());
            for (_, member) in supply.resources.iter().flat_map(Resource::members) {
                let inside = member.get().as_ptr() as usize;
                let whole = raw.get().as_ptr() as usize;
                assert!((whole..whole + raw.get().len()).contains(&inside), "borrowed from what was sent");
            }
        }
    })
}

struct Gate {
    auth: Auth,
    token: String,
    runtime: tokio::runtime::Runtime,
}

impl Gate {
    fn new() -> Gate {
        let key = TestKey::generate().unwrap();
        let file =
            std::env::temp_dir().join(format!("gaitkeeper-fuzz-{}-{:p}.toml", std::process::id(), &key));
        let keys = key.key_set();
        let client = format!(
            "[[clients]]\nname = \"test\"\nissuer = \"{TEST_ISSUER}\"\ndialect = \"sandbox\"\nkey_set = '{keys}'\n"
        );
        fs::write(&file, client).unwrap();
        let overrides = Overrides { sandbox: true, ..Overrides::default() };
        let config = Config::load(Some(&file), [], &overrides).unwrap();
        let _ = fs::remove_file(file);
        Gate {
            auth: Auth::new(&config).unwrap().unwrap(),
            token: key.token(URL, None, NOW, Duration::minutes(5)).unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        }
    }

    fn admits(&self, token: &str) -> bool {
        self.runtime.block_on(self.auth.admit(token, &[URL.to_owned()], NOW)).is_ok()
    }
}

/// A header of any kind, in a token that is good otherwise: never let in, unless it is the very same.
pub(crate) fn jwt_header() -> Result<u64, String> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let gate = Gate::new();
    assert!(gate.admits(&gate.token));
    let (head, rest) = gate.token.split_once('.').unwrap();
    let head = String::from_utf8(URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    fuzz(damages(hostile()), |damages| {
        let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(damaged(&head, &damages, &[])));
        assert_eq!(gate.admits(&token), token == gate.token);
    })
}

/// A token with changed bytes: never let in, unless it is the very same.
pub(crate) fn jwt_whole() -> Result<u64, String> {
    let gate = Gate::new();
    fuzz(damages(hostile()), |damages| {
        let token = damaged(&gate.token, &damages, &[]);
        if let Ok(token) = std::str::from_utf8(&token) {
            assert_eq!(gate.admits(token), token == gate.token, "{token}");
        }
    })
}
