//! Facts of a chart in words, safe for the text they stand in.

use crate::chart::{Chart, Coverage, Listed, Measurement, Measurements, Truth};
use crate::evaluate::{drafts, in_use};
use crate::knowledge::{Answered, Coded, Measured, Named, Shown};

/// What kind of text a value is put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prose {
    /// Plain text: a summary.
    Plain,
    /// GitHub-Flavored Markdown: a detail.
    Markdown,
}

impl Prose {
    /// Words of a chart that are safe in such a text.
    fn of_chart(self, words: &str) -> String {
        match self {
            Prose::Markdown => escape_markdown(&cleaned(words)),
            Prose::Plain => cleaned(words),
        }
    }
}

/// At most so many characters of a chart's own words are shown at once.
const LABEL_LIMIT: usize = 80;

/// A fact or number in words.
pub(super) fn in_words(named: &Named, shown: Shown, chart: &Chart, prose: Prose, missed: &[&str]) -> String {
    match named {
        Named::Measured(fact) => measured(fact, shown, chart, prose),
        Named::Answered(fact) => answered(fact, shown, chart),
        Named::Diagnosis(fact) => {
            let list = &chart.conditions;
            let found = list.items.iter().filter(|c| fact.matches(c.concepts)).map(|c| c.label.as_str());
            listed(found, fact, || missing(list, fact), prose)
        }
        Named::Medicine(fact) => {
            let list = &chart.medications;
            let drafted = chart.orders.iter().filter(|order| drafts(order, fact)).map(|o| o.label.as_str());
            let taken =
                list.items.iter().filter(|medication| in_use(medication, fact)).map(|m| m.label.as_str());
            listed(drafted.chain(taken), fact, || missing(list, fact), prose)
        }
        Named::Allergy(fact) => {
            let list = &chart.allergies;
            let found = list.items.iter().filter(|a| fact.matches(a.concepts)).map(|a| a.label.as_str());
            listed(found, fact, || missing(list, fact), prose)
        }
        Named::Service(fact) => {
            let list = &chart.services;
            let found = list.items.iter().filter(|s| fact.matches(s.concepts)).map(|s| s.label.as_str());
            listed(found, fact, || missing(list, fact), prose)
        }
        Named::Order(fact) => {
            let found = chart.orders.iter().filter(|order| order.in_focus && drafts(order, fact));
            listed(found.map(|o| o.label.as_str()), fact, || absent(Coverage::Complete, false), prose)
        }
        Named::Missed => missed.join(", "),
    }
}

/// What to say where no entry of a list is the fact.
fn missing<T>(list: &Listed<T>, fact: &Coded) -> String {
    absent(list.coverage, list.unusable.iter().any(|entry| fact.matches(entry.concepts)))
}

/// The chart's own words for something, each once; where it is there without words, the name of the fact.
fn listed<'c>(
    labels: impl Iterator<Item = &'c str>,
    fact: &Coded,
    missing: impl FnOnce() -> String,
    prose: Prose,
) -> String {
    let mut words: Vec<String> = Vec::new();
    for label in labels {
        let label = prose.of_chart(label);
        let label = if label.is_empty() { fact.title.clone() } else { label };
        if !words.contains(&label) {
            words.push(label);
        }
    }
    if words.is_empty() { missing() } else { words.join(", ") }
}

fn measured(fact: &Measured, shown: Shown, chart: &Chart, prose: Prose) -> String {
    let Some(measurements) = chart.measured(fact.id) else { return String::new() };
    if measurements.newest_first.is_empty() {
        return absent(measurements.coverage, !measurements.unusable.is_empty());
    }
    if shown == Shown::Date {
        return measurements.newest().map(|m| m.when.to_string()).unwrap_or_default();
    }
    if fact.per_leg {
        return per_leg(fact, measurements, shown, chart, prose);
    }
    let Some(measurement) = measurements.newest() else { return String::new() };
    let value = value(fact, measurement);
    if shown == Shown::Value {
        value
    } else {
        format!("{value} ({})", remarks(fact, measurement, chart, prose))
    }
}

fn per_leg(
    fact: &Measured,
    measurements: &Measurements,
    shown: Shown,
    chart: &Chart,
    prose: Prose,
) -> String {
    let one = |measurement: &Measurement| {
        let side = measurement.side.map(|side| format!("{} ", side.name())).unwrap_or_default();
        let value = value(fact, measurement);
        match shown {
            Shown::Whole => format!("{side}{value} ({})", remarks(fact, measurement, chart, prose)),
            _ => format!("{side}{value}"),
        }
    };
    measurements.newest_per_side().map(one).collect::<Vec<_>>().join(", ")
}

fn value(fact: &Measured, measurement: &Measurement) -> String {
    let number = measurement.value.shown(fact.decimals);
    if fact.unit_shown.is_empty() { number } else { format!("{number} {}", fact.unit_shown) }
}

fn remarks(fact: &Measured, measurement: &Measurement, chart: &Chart, prose: Prose) -> String {
    let mut remarks = vec![measurement.when.to_string()];
    if measurement.when.older_than(i64::from(fact.current_for_days), chart.today) != Truth::False {
        remarks.push("old".to_owned());
    }
    if measurement.preliminary {
        remarks.push("preliminary".to_owned());
    }
    if let Some(original) = &measurement.converted_from {
        // The unit is the chart's own.
        remarks.push(format!("reported as {}", prose.of_chart(original)));
    }
    if let Some(computed) = &measurement.computed {
        remarks.push(format!("computed here by {} from {}", computed.equation, computed.inputs));
        if computed.may_be_outdated {
            remarks.push("newer inputs may exist".to_owned());
        }
    }
    let side = measurement.side.filter(|_| fact.per_leg);
    let others = chart.measured(fact.id).into_iter().flat_map(|results| results.perhaps_newest(side).skip(1));
    remarks.extend(others.map(|other| format!("one of {} may be newer", other.when)));
    remarks.join(", ")
}

fn answered(fact: &Answered, shown: Shown, chart: &Chart) -> String {
    let Some(answers) = chart.answered(fact.id) else { return String::new() };
    let Some(answer) = answers.newest() else {
        return absent(answers.coverage, !answers.unusable.is_empty());
    };
    let words = fact.answers.get(answer.answer).map_or("", |choice| choice.title.as_str());
    match shown {
        Shown::Value => words.to_owned(),
        Shown::Date => answer.when.to_string(),
        Shown::Whole => {
            let old = answer.when.older_than(i64::from(fact.current_for_days), chart.today) != Truth::False;
            format!("{words} ({}{})", answer.when, if old { ", old" } else { "" })
        }
    }
}

/// Absent, unreadable and not seen are three different things.
fn absent(coverage: Coverage, unusable: bool) -> String {
    match coverage.lack() {
        _ if unusable => "on record, not usable".to_owned(),
        Some(lack) => format!("not known ({lack})"),
        None => "not on record".to_owned(),
    }
}

/// A chart's words on one line, without control or direction characters, at a readable length.
fn cleaned(label: &str) -> String {
    let visible = label.chars().filter(
        |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
    );
    let spaced: String = visible.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= LABEL_LIMIT {
        return words;
    }
    let mut short: String = words.chars().take(LABEL_LIMIT - 1).collect();
    short.push('…');
    short
}

/// Text that shows as it is in GitHub-Flavored Markdown: no markup, no HTML, no link, no table cell.
#[must_use]
pub fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '<'
                | '>'
                | '#'
                | '!'
                | '|'
                | '~'
                | '&'
                | ':'
                | '@'
                | '$'
                | '^'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    // "www." alone makes a link in GFM.
    escaped.replace("www.", "www\\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_chart_cannot_become_markup() {
        let hostile = "<img src=x> [a](javascript:b) **b** `c` | d\n# e www.f.example http://g.example &lt;";
        let escaped = escape_markdown(&cleaned(hostile));
        let events: Vec<_> =
            pulldown_cmark::Parser::new_ext(&escaped, pulldown_cmark::Options::all()).collect();
        let text: String = events
            .iter()
            .filter_map(|event| match event {
                pulldown_cmark::Event::Text(text) => Some(text.to_string()),
                pulldown_cmark::Event::Start(pulldown_cmark::Tag::Paragraph)
                | pulldown_cmark::Event::End(pulldown_cmark::TagEnd::Paragraph) => None,
                other => panic!("{other:?} in {escaped}"),
            })
            .collect();
        assert_eq!(text, hostile.replace('\n', " ").chars().take(79).collect::<String>() + "…");
    }
}
