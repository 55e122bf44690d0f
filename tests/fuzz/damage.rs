//! What is done to a good input.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;

/// One change.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    /// A value, perhaps one of those that are looked for, becomes another text of JSON.
    Value(Index, String),
    /// A byte becomes another.
    Byte(Index, u8),
    /// A part is taken out.
    Gap(Index, u8),
    /// A part comes twice.
    Twice(Index, u8),
    /// The rest is gone.
    End(Index),
}

/// Some changes, most of them of values, so that what is behind the JSON parser is reached.
pub(crate) fn damages(values: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = Vec<Damage>> {
    let one = prop_oneof![
        12 => (any::<Index>(), values).prop_map(|(place, value)| Damage::Value(place, value)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(place, byte)| Damage::Byte(place, byte)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(place, length)| Damage::Gap(place, length)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(place, length)| Damage::Twice(place, length)),
        1 => any::<Index>().prop_map(Damage::End),
    ];
    proptest::collection::vec(one, 1..6)
}

/// The input with all changes made. `names`: only values of such members become others; empty: all.
pub(crate) fn damaged(input: &str, damages: &[Damage], names: &[&str]) -> Vec<u8> {
    let mut bytes = input.as_bytes().to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        match damage {
            Damage::Value(place, value) => {
                let values = values(&bytes, names);
                if !values.is_empty() {
                    bytes.splice(values[place.index(values.len())].clone(), value.bytes());
                }
            }
            Damage::Byte(place, byte) => {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            Damage::Gap(place, length) => drop(bytes.drain(part(place, *length, bytes.len()))),
            Damage::Twice(place, length) => {
                let part = part(place, *length, bytes.len());
                let again = bytes[part.clone()].to_vec();
                bytes.splice(part.end..part.end, again);
            }
            Damage::End(place) => bytes.truncate(place.index(bytes.len())),
        }
    }
    bytes
}

fn part(place: &Index, length: u8, all: usize) -> Range<usize> {
    let start = place.index(all);
    start..(start + usize::from(length)).min(all)
}

/// Where values stand that are no lists and no objects, below members of these names.
fn values(bytes: &[u8], names: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut name: &[u8] = b"";
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                if bytes.get(at) == Some(&b':') {
                    name = &bytes[start + 1..at - 1];
                    continue;
                }
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'-' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || b"+-.".contains(&bytes[at])) {
                    at += 1;
                }
            }
            _ => {
                at += 1;
                continue;
            }
        }
        if names.is_empty() || names.iter().any(|wanted| wanted.as_bytes() == name) {
            found.push(start..at);
        }
    }
    found
}

/// Values that readers of JSON, of dates and of numbers have stumbled over.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    const FIXED: [&str; 40] = [
        "null",
        "true",
        "0",
        "-0",
        "-1",
        "1e308",
        "1e999",
        "-1e999",
        "1e-999",
        "0.1e1",
        "99999999999999999999",
        "18446744073709551616",
        "-9223372036854775809",
        "1.7976931348623159e308",
        "NaN",
        "[]",
        "{}",
        "[[]]",
        "[null]",
        "\"\"",
        "\" \"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\u{202e}\"",
        "\"\u{feff}\"",
        "\"null\"",
        "\"[object Object]\"",
        "\"<script>\"",
        "\"[a](https://evil.example)\"",
        "\"![a](x)\"",
        "\"https://evil.example\"",
        "\"<b\"",
        "\"\\n# a\\n\"",
        "\"`a`|\"",
        "\"{{ x }}\"",
        "\"Patient/\"",
        "\"#\"",
        "\"urn:uuid:\"",
        "\"a\\\"b\"",
    ];
    prop_oneof![
        6 => proptest::sample::select(FIXED.to_vec()).prop_map(str::to_owned),
        1 => (1usize..4000).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
        1 => (1usize..4000).prop_map(|depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth))),
        1 => (1usize..20_000).prop_map(|length| format!("\"{}\"", "x".repeat(length))),
        2 => any::<f64>().prop_map(|number| number.to_string()),
        2 => any::<String>().prop_map(|text| quoted(&text)),
    ]
}

/// Dates, and what is nearly one.
pub(crate) fn dates() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::string::string_regex("[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{0,12})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?").unwrap(),
        proptest::string::string_regex("[-+0-9TZ:. /]{0,30}").unwrap(),
        proptest::string::string_regex("(0000|9999|2024|2023)-(02|12|00|13)-(29|30|31|00)(T(23|24):(59|60):(59|60)(Z|[+-](14|24):(00|60)))?").unwrap(),
        proptest::string::string_regex("[０-９٠-٩]{4}-[0-9]{2}-[0-9]{2}").unwrap(),
    ]
}

/// Numbers and units, as texts and as numbers.
pub(crate) fn quantities() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => any::<f64>().prop_map(|number| number.to_string()),
        2 => proptest::string::string_regex("-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?").unwrap(),
        2 => proptest::string::string_regex("[<>=~]{0,2} ?-?[0-9]{0,20}[.,]?[0-9]{0,20} ?(mg|g|mmol|%|\\{ratio\\}|mL/min|1)?(/|/dL|/L|/min/1\\.73\\*?m2)?").unwrap().prop_map(|text| quoted(&text)),
        2 => proptest::sample::select(vec!["%", "mg/dL", "mmol/L", "mm[Hg]", "1", "", "{score}", "10*3/uL", "mL/min/{1.73_m2}", "mmol/mol"]).prop_map(quoted),
        1 => hostile(),
    ]
}

/// Dosages in words.
pub(crate) fn dosages() -> impl Strategy<Value = String> {
    const WORDS: [&str; 44] = [
        "1",
        "2",
        "½",
        "0.5",
        "1-2",
        "100",
        "75",
        "mg",
        "g",
        "tablet",
        "tablets",
        "Tbl.",
        "once",
        "twice",
        "three",
        "times",
        "daily",
        "a",
        "day",
        "every",
        "8",
        "12",
        "hours",
        "h",
        "q8h",
        "bid",
        "b.i.d.",
        "prn",
        "as",
        "needed",
        "max",
        "maximum",
        "per",
        "in",
        "the",
        "morning",
        "1-0-1",
        "1-1-1-1",
        "/",
        "-",
        ",",
        ".",
        "99999999999999999999",
        "\u{202e}",
    ];
    prop_oneof![
        6 => proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..14).prop_map(|words| quoted(&words.join(" "))),
        2 => proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..14).prop_map(|words| quoted(&words.concat())),
        2 => quantities(),
        1 => hostile(),
    ]
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
