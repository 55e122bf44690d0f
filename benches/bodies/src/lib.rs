//! Hook calls of any size for one synthetic patient: what the prefetch templates of `leg-pain-patient-view` bring for
//! a woman with claudication whose targets are missed, as a server with US Core profiles writes it.

use std::fmt::Write;

/// A `patient-view` call with so many Observations and Conditions.
#[must_use]
pub fn patient_view(observations: usize, conditions: usize) -> String {
    let keys: Vec<String> = RESULTS
        .iter()
        .enumerate()
        .map(|(kind, result)| {
            let mine = (0..observations).filter(|number| number % RESULTS.len() == kind);
            bundle(result.key, mine.map(|number| result.resource(number)))
        })
        .collect();
    let problems = bundle("conditions", (0..conditions).map(condition));
    format!(
        r#"{{"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","context":{{"userId":"Practitioner/1","patientId":"p"}},"prefetch":{{"patient":{PATIENT},{problems},{},{REST}}}}}"#,
        keys.join(",")
    )
}

/// The large call, of a woman who has patellofemoral pain and erythromelalgia too, all of it since February 2026: five
/// cards in March.
#[must_use]
pub fn of_five_cards() -> String {
    let new_problems = patient_view(300, 40).replace("2020-01-01", "2026-02-01");
    new_problems.replacen("195967001", "430725003", 1).replacen("195967001", "37151006", 1)
}

/// A body of at least `bytes`, nine of ten entries Observations.
#[must_use]
pub fn of_size(bytes: usize) -> String {
    let each = 1_480;
    let entries = bytes / each + 1;
    let mut body = patient_view(entries * 9 / 10, entries / 10 + 1);
    // Blanks after the call bring it to the byte.
    while body.len() < bytes {
        body.push(' ');
    }
    body
}

/// As [`patient_view`], with entries of the least members that can still be read.
#[must_use]
pub fn of_small_entries(entries: usize) -> String {
    let each = (0..entries).map(|number| {
        format!(
            r#"{{"resourceType":"Observation","id":"s{number}","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"2339-0"}}]}}}}"#
        )
    });
    let results = bundle("hba1c", each);
    format!(
        r#"{{"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","context":{{"userId":"Practitioner/1","patientId":"p"}},"prefetch":{{"patient":{PATIENT},"conditions":null,{results},{REST}}}}}"#
    )
}

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","birthDate":"1958-04-01","gender":"female"}"#;

/// What this patient has none of.
const REST: &str = r#""toeBrachialIndex":null,"medicationRequests":null,"medicationStatements":null,"pastMedicationRequests":null,"allergies":null,"procedures":null,"serviceRequests":null,"deviceRequests":null,"questionnaireResponses":null"#;

fn bundle(key: &str, resources: impl Iterator<Item = String>) -> String {
    let mut text = format!(r#""{key}":{{"resourceType":"Bundle","type":"searchset","entry":["#);
    for (number, resource) in resources.enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"fullUrl":"https://ehr.example/fhir/{key}/{number}","resource":{resource},"search":{{"mode":"match"}}}}"#
        );
    }
    text.push_str("]}");
    text
}

struct Analyte {
    key: &'static str,
    code: &'static str,
    display: &'static str,
    unit: &'static str,
    value: f64,
}

/// One of each in turn. The last is of a key that servers fill with more than was asked for.
const RESULTS: [Analyte; 6] = [
    Analyte {
        key: "hba1c",
        code: "4548-4",
        display: "Hemoglobin A1c/Hemoglobin.total in Blood",
        unit: "%",
        value: 8.1,
    },
    Analyte {
        key: "ldl",
        code: "18262-6",
        display: "Cholesterol in LDL [Mass/volume] in Serum or Plasma",
        unit: "mg/dL",
        value: 138.0,
    },
    Analyte {
        key: "bloodPressure",
        code: "8480-6",
        display: "Systolic blood pressure",
        unit: "mm[Hg]",
        value: 152.0,
    },
    Analyte {
        key: "egfr",
        code: "33914-3",
        display: "Glomerular filtration rate [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)/1.73 sq M",
        unit: "mL/min/{1.73_m2}",
        value: 72.0,
    },
    Analyte {
        key: "creatinine",
        code: "2160-0",
        display: "Creatinine [Mass/volume] in Serum or Plasma",
        unit: "mg/dL",
        value: 0.9,
    },
    Analyte {
        key: "abi",
        code: "2339-0",
        display: "Glucose [Mass/volume] in Blood",
        unit: "mg/dL",
        value: 99.0,
    },
];

impl Analyte {
    fn resource(&self, number: usize) -> String {
        let Analyte { code, display, unit, value, .. } = self;
        let (year, month, day) = (2025 - number / 336, 1 + number / 28 % 12, 1 + number % 28);
        format!(
            r#"{{"resourceType":"Observation","id":"o{number}","meta":{{"versionId":"1","lastUpdated":"2025-12-31T08:00:00Z","profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"]}},"text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Result {number} of the laboratory, verified by the laboratory</p></div>"}},"status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory","display":"Laboratory"}}]}}],"code":{{"coding":[{{"system":"urn:oid:1.2.840.114350.1.13.999","code":"{number}","display":"LAB{number}"}},{{"system":"http://loinc.org","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/p","display":"Testpatient, Edda"}},"encounter":{{"reference":"Encounter/e{number}"}},"effectiveDateTime":"{year}-{month:02}-{day:02}T08:30:00+00:00","issued":"{year}-{month:02}-{day:02}T09:30:00.000+00:00","performer":[{{"reference":"Organization/laboratory","display":"Laboratory"}}],"valueQuantity":{{"value":{value},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}},"referenceRange":[{{"low":{{"value":1.0,"unit":"{unit}"}},"high":{{"value":200.0,"unit":"{unit}"}},"text":"1 to 200"}}]}}"#
        )
    }
}

fn condition(number: usize) -> String {
    let code = match number {
        0 => "399957001",
        1 => "63491006",
        2 => "44054006",
        _ => "195967001",
    };
    format!(
        r#"{{"resourceType":"Condition","id":"c{number}","meta":{{"versionId":"1","lastUpdated":"2025-12-31T08:00:00Z","profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns"]}},"text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Problem {number} of the problem list</p></div>"}},"clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active","display":"Active"}}]}},"verificationStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed","display":"Confirmed"}}]}},"category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item","display":"Problem List Item"}}]}}],"code":{{"coding":[{{"system":"http://e-imo.com/products/problem-it","code":"{number}"}},{{"system":"http://snomed.info/sct","code":"{code}","display":"problem {number}"}}],"text":"problem {number}"}},"subject":{{"reference":"Patient/p","display":"Testpatient, Edda"}},"onsetDateTime":"2020-01-01","recordedDate":"2020-01-02T10:00:00Z","recorder":{{"reference":"Practitioner/1","display":"Practitioner"}}}}"#
    )
}
