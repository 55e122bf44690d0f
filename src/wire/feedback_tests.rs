use time::macros::datetime;

use super::*;

fn read_feedback(body: &[u8]) -> Result<Vec<FeedbackItem<'_>>, FeedbackError> {
    super::read_feedback(body, datetime!(2026-03-02 09:00 UTC))
}

#[test]
fn what_clients_send_is_read() {
    let table = [
        // The example of the specification has no display.
        (
            r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReason":{"reason":{"code":"c","system":"s"},"userComment":"no"},"outcomeTimestamp":"2020-12-11T00:00:00Z"}]}"#,
            Some(("s", "c")),
            Some("no"),
        ),
        // The plural, as an object, with an extension in the place of a reason.
        (
            r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReasons":{"extension":{"x":[1]}},"outcomeTimestamp":"2020-12-11T02:00:00+02:00","more":null}]}"#,
            None,
            None,
        ),
        (
            r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReasons":{"reason":{"code":"c","system":"s","display":"d"}},"outcomeTimestamp":"2020-12-10T19:00:00-05:00"}]}"#,
            Some(("s", "c")),
            None,
        ),
        (
            r#"{"feedback":[{"card":"a","outcome":"overridden","overrideReason":null,"outcomeTimestamp":"2020-12-11T00:00:00.000Z"}]}"#,
            None,
            None,
        ),
    ];
    for (body, reason, comment) in table {
        let items = read_feedback(body.as_bytes()).unwrap();
        let [item] = items.as_slice() else { panic!("{body}") };
        assert_eq!(item.card, "a");
        assert_eq!(item.at, datetime!(2020-12-11 00:00 UTC), "{body}");
        assert_eq!(item.reason.as_ref().map(|(s, c)| (s.as_ref(), c.as_ref())), reason, "{body}");
        assert_eq!(item.comment.as_deref(), comment, "{body}");
    }
    let accepted = br#"{"feedback":[{"card":"a","outcome":"accepted","acceptedSuggestions":[{"id":"b"},{"id":"c"}],"outcomeTimestamp":"2020-12-11T00:00:00Z"}]}"#;
    assert_eq!(read_feedback(accepted).unwrap()[0].accepted_suggestions, ["b", "c"]);
    assert_eq!(read_feedback(br#"{"feedback":[]}"#).unwrap(), []);
    let at_the_limit =
        br#"{"feedback":[{"card":"a","outcome":"accepted","outcomeTimestamp":"2026-03-02T14:00:00+05:00"}]}"#;
    assert_eq!(read_feedback(at_the_limit).unwrap().len(), 1);
}

/// A batch of hours was lost for one comment, which is not even stored by default.
#[test]
fn a_comment_that_is_no_text_is_left_out_and_the_outcome_kept() {
    for comment in ["7", "{}", r#""\ud800""#, "null", r#"" ""#] {
        let body = format!(
            r#"{{"feedback":[{{"card":"a","outcome":"overridden","overrideReason":{{"reason":{{"code":"c","system":"s"}},"userComment":{comment}}},"outcomeTimestamp":"2020-12-11T00:00:00Z"}}]}}"#
        );
        let items = read_feedback(body.as_bytes()).unwrap();
        assert_eq!((items.len(), &items[0].comment), (1, &None), "{comment}");
        assert_eq!(items[0].reason, Some(("s".into(), "c".into())), "{comment}");
    }
}

#[test]
fn what_is_malformed_is_named_by_its_entry() {
    let good = r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#;
    for (entry, text) in [
        (r#"{"outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#, "`card` is missing"),
        (r#"{"card":"","outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#, "`card` is empty"),
        (r#"{"card":7,"outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#, "`card` is not of"),
        (r#"{"card":"a","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#, "`outcome` is missing"),
        (
            r#"{"card":"a","outcome":"ignored","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
            "`outcome` is neither",
        ),
        (r#"{"card":"a","outcome":"accepted"}"#, "`outcomeTimestamp` is missing"),
        (r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2020-12-11"}"#, "`outcomeTimestamp` is not"),
        (
            r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"9999-12-31T23:59:59-14:00"}"#,
            "`outcomeTimestamp` is not",
        ),
        (
            r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2026-03-02T09:00:00.001Z"}"#,
            "`outcomeTimestamp` lies in the future",
        ),
        (
            r#"{"card":"a","outcome":"accepted","outcomeTimestamp":"2999-01-01T00:00:00Z"}"#,
            "`outcomeTimestamp` lies in the future",
        ),
        (
            r#"{"card":"a","outcome":"accepted","acceptedSuggestions":["b"],"outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
            "`acceptedSuggestions`",
        ),
        (
            r#"{"card":"a","outcome":"accepted","acceptedSuggestions":[["b"]],"outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
            "`acceptedSuggestions` is not of",
        ),
        (
            r#"{"card":"a","outcome":"overridden","overrideReason":["r","c"],"outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
            "`overrideReason` is not of",
        ),
        (
            r#"{"card":"a","outcome":"overridden","overrideReason":{"reason":["c","s"]},"outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
            "`overrideReason.reason` is not of",
        ),
        (
            r#"{"card":"a","card":"b","outcome":"accepted","outcomeTimestamp":"2020-12-11T00:00:00Z"}"#,
            "names a member twice",
        ),
        (r#"["a","accepted","2020-12-11T00:00:00Z"]"#, "not a JSON object"),
        ("7", "not a JSON object"),
    ] {
        let body = format!("{{\"feedback\":[{good},{entry}]}}");
        let told = read_feedback(body.as_bytes()).unwrap_err().to_string();
        assert!(told.starts_with("`feedback[1]`: ") && told.contains(text), "{entry}: {told}");
    }
    for (body, text) in [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("[[{}]]", "not a JSON object"),
        (r#"{"feedback":[],"feedback":[]}"#, "names a member twice"),
        ("{}", "`feedback` is missing"),
        (r#"{"feedback":{}}"#, "`feedback` is not of"),
    ] {
        let told = read_feedback(body.as_bytes()).unwrap_err().to_string();
        assert!(told.contains(text), "{body}: {told}");
    }
}
