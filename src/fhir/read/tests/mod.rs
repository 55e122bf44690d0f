//! One test for each oddity of real charts, named after its number in the list of them, and what they stand on.

mod codes;
mod damage;
mod drugs;
mod orders;
mod pressures;
mod problems;
mod responses;
mod shape;
mod status;
mod time;
mod values;
mod vanishing;

use ::time::macros::{date, datetime};
use serde_json::value::RawValue;

use super::{Subject, chart};
use crate::chart::{
    AnswerId, Bounded, Chart, ConceptId, ConceptSet, MeasurementId, Measurements, Route, System, Unusable,
    Vocabulary,
};
use crate::fhir::plan::{
    AnswerPlan, MeasurementPlan, ProductIngredient, Question, SitePlan, UnitConversion, unit_key,
};
use crate::fhir::{Answer, Drafts, Gives, Need, ReadPlan, from_prefetch};
use crate::wire::{Hook, Text};

pub(super) const HBA1C: MeasurementId = MeasurementId(0);
pub(super) const EGFR: MeasurementId = MeasurementId(1);
pub(super) const CREATININE: MeasurementId = MeasurementId(2);
pub(super) const LDL: MeasurementId = MeasurementId(3);
pub(super) const SYSTOLIC: MeasurementId = MeasurementId(4);
pub(super) const DIASTOLIC: MeasurementId = MeasurementId(5);
pub(super) const ABI: MeasurementId = MeasurementId(6);
pub(super) const ANKLE: MeasurementId = MeasurementId(7);
pub(super) const ARM: MeasurementId = MeasurementId(8);
pub(super) const SMOKING: AnswerId = AnswerId(0);
pub(super) const WALKING: AnswerId = AnswerId(1);

pub(super) const PAD: ConceptId = ConceptId(20);
pub(super) const CLAUDICATION: ConceptId = ConceptId(21);
pub(super) const HEART_FAILURE: ConceptId = ConceptId(22);
pub(super) const CILOSTAZOL: ConceptId = ConceptId(30);
pub(super) const IBUPROFEN: ConceptId = ConceptId(31);
pub(super) const ASPIRIN: ConceptId = ConceptId(32);
pub(super) const CLOPIDOGREL: ConceptId = ConceptId(33);
pub(super) const OXYCODONE: ConceptId = ConceptId(34);
pub(super) const CONTRAST_MRA: ConceptId = ConceptId(40);
pub(super) const CAST: ConceptId = ConceptId(41);
pub(super) const KNEE: ConceptId = ConceptId(42);
pub(super) const ACHILLES: ConceptId = ConceptId(44);
pub(super) const SCIATICA: ConceptId = ConceptId(45);

pub(super) fn set(concept: ConceptId) -> ConceptSet {
    ConceptSet::from_iter([concept])
}

fn vocabulary() -> Vocabulary {
    use System::{Hcpcs, Icd10Cm, Loinc, RxNorm, Snomed};
    let mut vocabulary = Vocabulary::default();
    for (concept, system, codes) in [
        (0, Loinc, &["4548-4", "59261-8"][..]),
        (1, Loinc, &["33914-3", "98979-8"]),
        (2, Loinc, &["2160-0"]),
        (3, Loinc, &["13457-7", "18262-6", "22748-8"]),
        (4, Loinc, &["8480-6"]),
        (5, Loinc, &["8462-4"]),
        (6, Loinc, &["77194-9"]),
        (6, Snomed, &["446841001"]),
        (7, Snomed, &["7771000", "51636004"]),
        (8, Snomed, &["24028007", "6685009"]),
        (9, Loinc, &["72166-2"]),
        (10, Snomed, &["449868002", "77176002"]),
        (11, Snomed, &["8517006"]),
        (12, Snomed, &["266919005"]),
        (13, Loinc, &["85354-9", "55284-4"]),
        (PAD.0, Snomed, &["399957001"]),
        (PAD.0, Icd10Cm, &["I73.9"]),
        (CLAUDICATION.0, Snomed, &["63491006"]),
        (HEART_FAILURE.0, Snomed, &["84114007"]),
        (CILOSTAZOL.0, RxNorm, &["21107"]),
        (IBUPROFEN.0, RxNorm, &["5640"]),
        (ASPIRIN.0, RxNorm, &["1191"]),
        (CLOPIDOGREL.0, RxNorm, &["32968"]),
        (OXYCODONE.0, RxNorm, &["7804"]),
        (CONTRAST_MRA.0, Loinc, &["46324-0"]),
        (CAST.0, Snomed, &["79321009"]),
        (KNEE.0, Snomed, &["72696002"]),
        (43, Hcpcs, &["L1833"]),
        (ACHILLES.0, Snomed, &["61352006"]),
        (SCIATICA.0, Snomed, &["23056005"]),
        (48, Loinc, &["8550-6"]),
        (49, Snomed, &["13363002", "51636004", "6685009"]),
        (50, Snomed, &["17137000"]),
        (51, Snomed, &["61396006"]),
        (52, Loinc, &["50383-9"]),
        (46, Loinc, &["LA33-6"]),
        (47, Loinc, &["LA32-8"]),
    ] {
        for code in codes {
            vocabulary.insert(system, code, false, ConceptId(concept));
        }
    }
    vocabulary.insert(Icd10Cm, "I70.21", true, CLAUDICATION);
    vocabulary.insert(Icd10Cm, "I50", true, HEART_FAILURE);
    vocabulary
}

fn measurement(
    concept: u8,
    plausible: (f64, f64),
    units: &[(&str, f64, f64, Option<u8>)],
) -> MeasurementPlan {
    let units = units
        .iter()
        .map(|(unit, multiply, add, decimals)| {
            (unit_key(unit).into(), UnitConversion { multiply: *multiply, add: *add, decimals: *decimals })
        })
        .collect();
    MeasurementPlan {
        unitless: concept == 6,
        codes: set(ConceptId(concept)),
        left: ConceptSet::EMPTY,
        right: ConceptSet::EMPTY,
        units,
        plausible,
        per_leg: concept == 6,
        panels: if matches!(concept, 4 | 5) { set(ConceptId(13)) } else { ConceptSet::EMPTY },
        related: ConceptSet::EMPTY,
        sites: SitePlan::default(),
    }
}

/// A plan as the knowledge would make it, small enough to read.
pub(super) fn plan() -> ReadPlan {
    let percent = ("%", 1.0, 0.0, None);
    let mmhg = [("mm[Hg]", 1.0, 0.0, None), ("mmHg", 1.0, 0.0, None)];
    let leg = ConceptSet::from_iter([ConceptId(49), ConceptId(51)]);
    let not_a_leg =
        || SitePlan { never_at: leg, never_words: vec![("ankle".to_owned(), leg)], ..SitePlan::default() };
    let at = |site| SitePlan { codes: set(ConceptId(4)), at: set(ConceptId(site)), ..SitePlan::default() };
    let egfr_units = [
        ("mL/min/{1.73_m2}", 1.0, 0.0, None),
        ("mL/min/1.73m2", 1.0, 0.0, None),
        ("mL/min/1.73.m2", 1.0, 0.0, None),
        ("mL/min", 1.0, 0.0, None),
        ("", 1.0, 0.0, None),
    ];
    let measurements = vec![
        measurement(0, (3.0, 20.0), &[percent, ("mmol/mol", 0.09148, 2.152, Some(2))]),
        MeasurementPlan { related: set(ConceptId(52)), ..measurement(1, (1.0, 200.0), &egfr_units) },
        measurement(2, (0.1, 30.0), &[("mg/dL", 1.0, 0.0, None), ("umol/L", 1.0 / 88.42, 0.0, Some(2))]),
        measurement(3, (0.0, 600.0), &[("mg/dL", 1.0, 0.0, None), ("mmol/L", 38.67, 0.0, Some(0))]),
        MeasurementPlan { sites: not_a_leg(), ..measurement(4, (40.0, 350.0), &mmhg) },
        MeasurementPlan { sites: not_a_leg(), ..measurement(5, (20.0, 250.0), &mmhg) },
        measurement(
            6,
            (0.0, 3.0),
            &[
                ("", 1.0, 0.0, None),
                ("1", 1.0, 0.0, None),
                ("{ratio}", 1.0, 0.0, None),
                ("%", 0.01, 0.0, Some(2)),
            ],
        ),
        MeasurementPlan {
            left: set(ConceptId(48)),
            per_leg: true,
            sites: at(49),
            ..measurement(48, (0.0, 350.0), &mmhg)
        },
        MeasurementPlan { codes: ConceptSet::EMPTY, sites: at(50), ..measurement(48, (40.0, 350.0), &mmhg) },
    ];
    let smoking = vec![set(ConceptId(10)), set(ConceptId(11)), set(ConceptId(12))];
    let answers = vec![
        AnswerPlan { codes: set(ConceptId(9)), answers: smoking, question: None },
        AnswerPlan {
            codes: ConceptSet::EMPTY,
            answers: vec![set(ConceptId(46)), set(ConceptId(47))],
            question: Some(Question {
                questionnaire: "https://forms.example/Questionnaire/walking|2".to_owned(),
                link_id: "2.1".to_owned(),
            }),
        },
    ];
    let mut plan = ReadPlan {
        vocabulary: vocabulary(),
        measured: measurements
            .iter()
            .map(MeasurementPlan::all_codes)
            .fold(ConceptSet::EMPTY, ConceptSet::union),
        panels: set(ConceptId(13)),
        answered: set(ConceptId(9)),
        measurements,
        answers,
        left: set(ConceptId(7)),
        right: set(ConceptId(8)),
        problem_words: vec![("sciatica".to_owned(), set(SCIATICA))],
        site_words: vec![("knee".to_owned(), set(KNEE)), ("achilles".to_owned(), set(ACHILLES))],
        ..ReadPlan::default()
    };
    for (product, ingredient, strength, route) in [
        ("242461", "21107", Some(100.0), Some(Route::Oral)),
        ("197805", "5640", Some(400.0), Some(Route::Oral)),
        ("308416", "1191", Some(81.0), Some(Route::Oral)),
        ("309362", "32968", Some(75.0), Some(Route::Oral)),
        ("859315", "5640", Some(400.0), Some(Route::Oral)),
        ("859315", "7804", Some(5.0), Some(Route::Oral)),
        ("1049635", "161", Some(325.0), Some(Route::Oral)),
        ("1049635", "7804", Some(2.5), Some(Route::Oral)),
    ] {
        let held = ProductIngredient { code: ingredient.into(), milligrams_per_unit: strength, route };
        plan.products.insert(product, held);
    }
    plan
}

fn needs() -> Vec<Need> {
    let measurements = (0..9).map(MeasurementId).collect();
    [
        ("patient", Gives::Patient),
        ("conditions", Gives::Conditions),
        ("requests", Gives::MedicationRequests),
        ("statements", Gives::MedicationStatements),
        ("allergies", Gives::Allergies),
        ("procedures", Gives::Procedures),
        ("services", Gives::ServiceRequests),
        ("results", Gives::Observations { measurements, answers: vec![SMOKING] }),
        ("devices", Gives::DeviceRequests),
        ("responses", Gives::QuestionnaireResponses { answers: vec![WALKING] }),
    ]
    .into_iter()
    .map(|(key, gives)| Need { key: key.to_owned(), template: String::new(), gives, required: false })
    .collect()
}

pub(super) fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// A searchset of these resources.
pub(super) fn bundle(resources: &[&str]) -> String {
    let entries: Vec<String> = resources.iter().map(|json| format!(r#"{{"resource":{json}}}"#)).collect();
    format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{}]}}"#, entries.join(","))
}

/// Reads these prefetch keys on 2026-03-01.
pub(super) fn read(prefetch: &[(&str, &str)]) -> Chart {
    read_with(&plan(), prefetch, None)
}

pub(super) fn read_with(plan: &ReadPlan, prefetch: &[(&str, &str)], drafts: Option<&str>) -> Chart {
    // What is refused has no drafts.
    let drafts = Drafts::read(drafts.map(raw), &[], Hook::OrderSign).unwrap_or_default();
    read_drafts(plan, prefetch, &drafts)
}

/// Reads these prefetch keys with what the context of the call is about.
pub(super) fn read_drafts(plan: &ReadPlan, prefetch: &[(&str, &str)], drafts: &Drafts<'_>) -> Chart {
    read_on(None, plan, prefetch, drafts)
}

/// The same, for a client with this FHIR server.
pub(super) fn read_on(
    fhir_server: Option<&str>,
    plan: &ReadPlan,
    prefetch: &[(&str, &str)],
    drafts: &Drafts<'_>,
) -> Chart {
    let prefetch: Vec<(Text<'_>, Answer<'_>)> =
        prefetch.iter().map(|(key, json)| (Text((*key).into()), Answer::split(raw(json)))).collect();
    let needs = needs();
    let acquired = from_prefetch(&needs, prefetch, &crate::fhir::KeyNames::default());
    let subject = Subject {
        patient_id: "1",
        today: date!(2026 - 03 - 01),
        now: datetime!(2026-03-01 12:00 UTC),
        fhir_server,
    };
    chart(plan, &needs, &acquired, drafts, &subject)
}

/// Reads Observations.
pub(super) fn results(resources: &[&str]) -> Chart {
    read(&[("results", &bundle(resources))])
}

/// An Observation with this LOINC code and these further members.
pub(super) fn observation(code: &str, members: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"subject":{{"reference":"Patient/1"}},"effectiveDateTime":"2026-01-10",{members}}}"#
    )
}

/// A quantity with a UCUM unit.
pub(super) fn quantity(value: &str, unit: &str) -> String {
    format!(
        r#""valueQuantity":{{"value":{value},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}"#
    )
}

/// What became of a fact: its values, newest first, and why others were not used.
pub(super) fn of(chart: &Chart, id: MeasurementId) -> (Vec<f64>, Vec<Unusable>) {
    let Measurements { newest_first, unusable, .. } = chart.measured(id).unwrap();
    let values = newest_first.iter().map(|result| result.value.number).collect();
    (values, unusable.iter().map(|gap| gap.why).collect())
}

/// What becomes of one result of one fact.
pub(super) fn outcome(code: &str, id: MeasurementId, members: &str) -> Result<Bounded, Unusable> {
    let chart = results(&[&observation(code, members)]);
    let results = chart.measured(id).unwrap();
    match (results.newest_first.as_slice(), results.unusable.as_slice()) {
        ([one], []) => Ok(one.value),
        ([], [gap]) => Err(gap.why),
        other => panic!("{members}: {other:?}"),
    }
}
