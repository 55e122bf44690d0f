use super::*;

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

const BUNDLE: &str = r#"{"resourceType":"Bundle","entry":[
    {"resource":{"resourceType":"ServiceRequest","id":"a"}},
    {"fullUrl":"urn:uuid:77","resource":{"resourceType":"MedicationRequest","id":"b.0-fqdS7T1234567890123456789012345678901234567890123456789012345678901234567890z0rE4"}},
    {"resource":{"resourceType":"Medication","id":"m"}},
    {"resource":{"resourceType":"Patient","id":"p"}},
    {"resource":{"resourceType":"DeviceRequest"}}]}"#;

fn read<'a>(json: &'a str) -> Result<Drafts<'a>, RequestError> {
    Drafts::read(Some(raw(json)), &[], Hook::OrderSign)
}

fn focus(selections: &[&str], hook: Hook) -> Vec<bool> {
    let selections: Vec<Text<'_>> = selections.iter().map(|text| Text((*text).into())).collect();
    let drafts = Drafts::read(Some(raw(BUNDLE)), &selections, hook).unwrap();
    drafts.orders.iter().map(|draft| draft.in_focus).collect()
}

#[test]
fn only_orders_are_orders() {
    let drafts = read(BUNDLE).unwrap();
    let ids: Vec<&str> = drafts.orders.iter().map(|draft| draft.id.as_str()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!((ids[0], ids[2]), ("ServiceRequest/a", "DeviceRequest/#4"));
    assert_eq!(drafts.medications.len(), 1);
    assert!(drafts.get("ServiceRequest/a").is_some());
    assert!(drafts.get("ServiceRequest/b").is_none());
}

#[test]
fn only_what_the_client_named_and_named_once_is_found_by_its_name() {
    for (ids, found) in [
        (["", r#""id":"b""#], [false, true]),
        ([r#""id":"a""#, r#""id":"b""#], [true, true]),
        ([r#""id":"b""#, r#""id":"b""#], [false, false]),
        ([r##""id":"#1""##, r#""id":" ""#], [false, false]),
        ([r#""id":7"#, r#""id":null"#], [false, false]),
        ([r#""id":"a b""#, r#""id":"Task/a""#], [false, false]),
    ] {
        let entries: Vec<String> = ids
            .iter()
            .map(|id| {
                format!(
                    r#"{{"resource":{{{id}{}"resourceType":"Task"}}}}"#,
                    if id.is_empty() { "" } else { "," }
                )
            })
            .collect();
        let json = format!(r#"{{"entry":[{}]}}"#, entries.join(","));
        let drafts = read(&json).unwrap();
        let each: Vec<bool> = drafts.orders.iter().map(|draft| drafts.get(&draft.id).is_some()).collect();
        assert_eq!(each, found, "{json}");
    }
}

#[test]
fn an_order_that_stands_there_bare_is_one_draft() {
    for (json, ids) in [
        (r#"{"id":"a","resourceType":"ServiceRequest"}"#, &["ServiceRequest/a"][..]),
        (r#"{"resourceType":"MedicationRequest"}"#, &["MedicationRequest/#0"]),
        (r#"{"entry":[{"resource":{"resourceType":"ServiceRequest","id":"a"}}]}"#, &["ServiceRequest/a"]),
        (r#"{"resourceType":"Bundle"}"#, &[]),
        (r#"{"resourceType":"Bundle","entry":null}"#, &[]),
    ] {
        let drafts = read(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(drafts.orders.iter().map(|draft| &draft.id).collect::<Vec<_>>(), ids, "{json}");
    }
}

/// Each was answered as if there were no such order.
#[test]
fn a_draft_that_is_no_resource_is_no_answer_without_it() {
    let neither = "`context.draftOrders` is neither a Bundle nor an order";
    for json in [
        "[]",
        "7",
        "{}",
        r#"{"resourceType":"Patient"}"#,
        r#"{"resourceType":"Medication"}"#,
        r#"{"resourceType":7,"entry":[]}"#,
        r#"{"resourceType":"Bundle","entry":{}}"#,
        r#"{"resourceType":"Bundle","entry":[],"entry":[]}"#,
        r#"{"resourceType":"Bundle","resourceType":"Bundle","entry":[]}"#,
        r#"{"resource":{"resourceType":"ServiceRequest"}}"#,
    ] {
        assert_eq!(read(json).unwrap_err().to_string(), neither, "{json}");
    }
    for entry in [
        "7",
        "null",
        "{}",
        r#"{"fullUrl":"urn:uuid:1"}"#,
        r#"{"resource":null}"#,
        r#"{"resource":[1]}"#,
        r#"{"resource":{"id":"a"}}"#,
        r#"{"resource":{"resourceType":null}}"#,
        r#"{"resource":{"resourceType":"Task","resourceType":"ServiceRequest"}}"#,
        r#"{"resource":{"resourceType":"Task"},"resource":{"resourceType":"Task"}}"#,
        r#"{"resource":{"resourceType":"Task","id":"a","id":"b"}}"#,
    ] {
        let beside = BUNDLE.trim_end_matches("]}");
        let json = format!("{beside},{entry}]}}");
        let told = read(&json).unwrap_err().to_string();
        assert_eq!(told, "`context.draftOrders` holds an entry that is not a FHIR resource", "{entry}");
        let problems = format!(r#"{{"entry":[{entry}]}}"#);
        // Of an id that is there twice, reading the Condition tells.
        if !entry.contains("\"b\"") {
            let told = Drafts::none().adding(Some(raw(&problems))).unwrap_err().to_string();
            assert!(told.starts_with("`context.conditions` holds an entry"), "{entry}");
        }
    }
    let told = Drafts::none().adding(Some(raw(r#"{"resourceType":"Patient"}"#))).unwrap_err();
    assert_eq!(told.to_string(), "`context.conditions` is neither a Bundle nor a Condition");
}

/// Compared one with the other, these would take minutes.
#[test]
fn many_drafts_and_many_selections_take_no_longer_than_both_take_to_read() {
    let entry = |n| format!(r#"{{"resource":{{"resourceType":"ServiceRequest","id":"{n}"}}}}"#);
    let entries: Vec<String> = (0..20_000).map(entry).collect();
    let bundle = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
    let selections: Vec<Text<'_>> =
        (19_999..100_000).map(|n| Text(format!("ServiceRequest/{n}").into())).collect();
    let drafts = Drafts::read(Some(raw(&bundle)), &selections, Hook::OrderSelect).unwrap();
    assert_eq!(drafts.orders.iter().filter(|draft| draft.in_focus).count(), 1);
}

#[test]
fn a_selection_may_be_spelled_in_several_ways() {
    assert_eq!(focus(&["ServiceRequest/a"], Hook::OrderSelect), [true, false, false]);
    assert_eq!(focus(&["a"], Hook::OrderSelect), [true, false, false]);
    assert_eq!(focus(&["https://ehr.example/r4/ServiceRequest/a"], Hook::OrderSelect), [true, false, false]);
    assert_eq!(focus(&["urn:uuid:77"], Hook::OrderSelect), [false, true, false]);
    assert_eq!(focus(&[], Hook::OrderSelect), [true, true, true]);
    assert_eq!(focus(&["ServiceRequest/a"], Hook::OrderSign), [true, true, true]);
    assert_eq!(focus(&["ServiceRequest/a", "ServiceRequest/z"], Hook::OrderSelect), [true, false, false]);
}

/// One of two selections was lost where it was of an order without an id: a draft that is never looked at is silence.
#[test]
fn a_selection_that_is_not_found_may_be_any_order_of_its_kind_without_an_id() {
    const DRAFTS: &str = r#"{"entry":[
        {"resource":{"resourceType":"ServiceRequest","id":"a"}},
        {"resource":{"resourceType":"ServiceRequest","id":"b"}},
        {"resource":{"resourceType":"ServiceRequest","id":7}},
        {"resource":{"resourceType":"MedicationRequest"}}]}"#;
    for (selections, in_focus) in [
        (&["ServiceRequest/a"][..], [true, false, false, false]),
        (&["ServiceRequest/a", "ServiceRequest/7"], [true, false, true, false]),
        (&["ServiceRequest/a", "MedicationRequest/x"], [true, false, false, true]),
        (&["ServiceRequest/a", "urn:uuid:1"], [true, false, true, true]),
        (&["ServiceRequest/a", "a", "https://ehr.example/r4/ServiceRequest/a"], [true, false, false, false]),
    ] {
        let selections: Vec<Text<'_>> = selections.iter().map(|text| Text((*text).into())).collect();
        let drafts = Drafts::read(Some(raw(DRAFTS)), &selections, Hook::OrderSelect).unwrap();
        let each: Vec<bool> = drafts.orders.iter().map(|draft| draft.in_focus).collect();
        assert_eq!(each, in_focus, "{selections:?}");
    }
}

/// It is one of them under another name, and silence would say that it was looked at.
#[test]
fn a_selection_that_names_no_draft_leaves_all_of_them_in_focus() {
    for (selection, selected_none) in [
        ("MedicationRequest/a", true),
        ("Medication/m", true),
        ("ServiceRequest/z", true),
        ("", true),
        ("ServiceRequest/a", false),
    ] {
        let selections = [Text(selection.into())];
        let drafts = Drafts::read(Some(raw(BUNDLE)), &selections, Hook::OrderSelect).unwrap();
        let all = drafts.orders.iter().all(|draft| draft.in_focus);
        assert_eq!((drafts.selected_none, all), (selected_none, selected_none), "{selection}");
    }
    let empty = Drafts::read(Some(raw("{\"entry\":[]}")), &[Text("Task/1".into())], Hook::OrderSelect);
    assert!(!empty.unwrap().selected_none);
}
