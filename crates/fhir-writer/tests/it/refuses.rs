//! What would not be valid FHIR R4 is an error that names the element and nothing of the patient.
#![allow(clippy::unwrap_used, reason = "a helper of tests")]

use gaitkeeper_fhir_writer::{
    Coding, Concept, DeviceOrder, Dosage, MedicationOrder, Period, ServiceOrder, SessionLength, TimeUnit,
    Timing, WriteError, device_request, dosage_instructions, medication_request, service_request,
};

fn text(text: &str) -> Concept<'_> {
    Concept { codings: Vec::new(), text: Some(text) }
}

fn order() -> ServiceOrder<'static> {
    ServiceOrder { code: text("ABI"), subject: "Patient/p1", ..ServiceOrder::default() }
}

fn weekly() -> Timing {
    Timing { frequency: 3, period: 1.0, period_unit: TimeUnit::Week, ..Timing::default() }
}

fn service_error(order: &ServiceOrder<'_>) -> String {
    service_request(order).unwrap_err().to_string()
}

#[test]
fn orders_without_what_they_need() {
    assert_eq!(
        service_error(&ServiceOrder { code: Concept::default(), ..order() }),
        "ServiceRequest.code is missing or blank"
    );
    for subject in ["", "Patient/", "p1", "Group/g1", "Patient/p 1"] {
        let error = service_request(&ServiceOrder { subject, ..order() }).unwrap_err();
        assert!(matches!(error, WriteError::Reference { element: "ServiceRequest.subject" }), "{subject}");
    }
    let error = medication_request(&MedicationOrder { subject: "Patient/p1", ..MedicationOrder::default() });
    assert!(matches!(error, Err(WriteError::Missing { .. })));
    assert!(matches!(dosage_instructions(&[]), Err(WriteError::Missing { .. })));
    let silent = Dosage { dose: Some((1.0, "mg")), ..Dosage::default() };
    assert!(matches!(dosage_instructions(&[silent]), Err(WriteError::Missing { element: "Dosage.text" })));
}

#[test]
fn ids_codes_and_references_that_break_their_type() {
    for id in ["", "a b", "a_b", &"x".repeat(65)] {
        let error = service_request(&ServiceOrder { id: Some(id), ..order() }).unwrap_err();
        assert!(matches!(error, WriteError::Malformed { element: "Resource.id" }), "{id}");
    }
    for (system, code) in [("urn:x y", "1"), ("urn:x", " 1"), ("urn:x", "a  b"), ("urn:x", ""), ("", "1")] {
        let codings = vec![Coding { system, code, display: None }];
        let code = Concept { codings, text: None };
        assert!(service_request(&ServiceOrder { code, ..order() }).is_err(), "{system}");
    }
    for reference in ["", "#contained", "Condition/c 1"] {
        let error = service_request(&ServiceOrder { reason_references: vec![reference], ..order() });
        assert!(matches!(error, Err(WriteError::Reference { .. })), "{reference}");
    }
    assert!(service_request(&ServiceOrder { encounter: Some("Condition/c1"), ..order() }).is_err());
}

#[test]
fn numbers_no_one_could_follow() {
    let session = |min, max| Some(SessionLength { min, max, unit: TimeUnit::Minute });
    for timing in [
        Timing { frequency: 0, ..weekly() },
        Timing { frequency: u32::MAX, ..weekly() },
        Timing { frequency_max: Some(2), ..weekly() },
        Timing { period: f64::NAN, ..weekly() },
        Timing { period: -1.0, ..weekly() },
        Timing { period_max: Some(0.5), ..weekly() },
        Timing { period_max: Some(f64::NAN), ..weekly() },
        Timing { duration: session(f64::INFINITY, None), ..weekly() },
        Timing { duration: session(60.0, Some(30.0)), ..weekly() },
        Timing { bounds_duration: Some((0.0, TimeUnit::Week)), ..weekly() },
        Timing { count: Some(0), ..weekly() },
    ] {
        let error = service_request(&ServiceOrder { timing: Some(timing), ..order() });
        assert!(matches!(error, Err(WriteError::Number { .. })), "{timing:?}");
    }
    let dosage = Dosage { text: "x", dose: Some((0.0, "mg")), ..Dosage::default() };
    assert!(matches!(dosage_instructions(&[dosage]), Err(WriteError::Number { .. })));
}

#[test]
fn dates_that_are_none_keep_their_secret() {
    let refused = [
        "",
        "24",
        "99999",
        "+2024",
        "0000",
        "2024-5",
        "2024-13",
        "2024-05-6",
        "2024-02-30",
        "2024-05-06T",
        "2024T10:00:00Z",
        "2024-05-06T10:11:12",
        "2024-05-06T10:11Z",
        "05/06/2024",
        " 2024-05-06",
    ];
    for at in refused {
        let error = service_request(&ServiceOrder { authored_on: Some(at), ..order() }).unwrap_err();
        assert!(matches!(error, WriteError::Date { .. }), "{at}: {error}");
        assert!(at.len() < 4 || !error.to_string().contains(at), "{at}: {error}");
    }
    for at in ["2024", "2024-05", "2024-05-06", "2024-05-06T10:11:12.5-05:00"] {
        let written = service_request(&ServiceOrder { authored_on: Some(at), ..order() }).unwrap();
        assert!(written.get().contains(&format!("\"authoredOn\":\"{at}\"")), "{at}");
    }
}

#[test]
fn periods_run_forwards() {
    let brace = |start, end| {
        let period = Some(Period { start, end });
        device_request(&DeviceOrder {
            code: text("brace"),
            subject: "Patient/p1",
            period,
            ..DeviceOrder::default()
        })
    };
    assert!(matches!(brace(Some("2026-04-12"), Some("2026-03-01")), Err(WriteError::Reversed { .. })));
    for (start, end, expected) in [
        (
            Some("2026-03-01"),
            Some("2026-03-01"),
            r#""occurrencePeriod":{"start":"2026-03-01","end":"2026-03-01"}"#,
        ),
        (Some("2026-03-01"), None, r#""occurrencePeriod":{"start":"2026-03-01"}"#),
        (None, Some("2026-03-01"), r#""occurrencePeriod":{"end":"2026-03-01"}"#),
    ] {
        assert!(brace(start, end).unwrap().get().contains(expected), "{expected}");
    }
    assert!(!brace(None, None).unwrap().get().contains("occurrence"));
}
