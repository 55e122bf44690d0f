//! Facts of a chart in words, safe for the text they stand in.

use std::fmt::Write;

use crate::chart::{Chart, Coverage, Listed, Measurement, Truth};
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

/// Adds a fact or number in words.
pub(super) fn add_in_words(
    to: &mut String,
    named: &Named,
    shown: Shown,
    chart: &Chart,
    prose: Prose,
    missed: &[&str],
) {
    match named {
        Named::Measured(fact) => add_measured(to, fact, shown, chart, prose),
        Named::Answered(fact) => add_answered(to, fact, shown, chart),
        Named::Diagnosis(fact) => {
            let list = &chart.conditions;
            let found = list.items.iter().filter(|c| fact.matches(c.concepts)).map(|c| c.label.as_str());
            add_list(to, found, fact, |to| add_missing(to, list, fact), prose);
        }
        Named::Medicine(fact) => {
            let list = &chart.medications;
            let drafted = chart.orders.iter().filter(|order| drafts(order, fact)).map(|o| o.label.as_str());
            let taken =
                list.items.iter().filter(|medication| in_use(medication, fact)).map(|m| m.label.as_str());
            add_list(to, drafted.chain(taken), fact, |to| add_missing(to, list, fact), prose);
        }
        Named::Allergy(fact) => {
            let list = &chart.allergies;
            let found = list.items.iter().filter(|a| fact.matches(a.concepts)).map(|a| a.label.as_str());
            add_list(to, found, fact, |to| add_missing(to, list, fact), prose);
        }
        Named::Service(fact) => {
            let list = &chart.services;
            let found = list.items.iter().filter(|s| fact.matches(s.concepts)).map(|s| s.label.as_str());
            add_list(to, found, fact, |to| add_missing(to, list, fact), prose);
        }
        Named::Order(fact) => {
            let found = chart.orders.iter().filter(|order| order.in_focus && drafts(order, fact));
            let missing = |to: &mut String| add_absence(to, Coverage::Complete, false);
            add_list(to, found.map(|o| o.label.as_str()), fact, missing, prose);
        }
        Named::Missed => add_joined(to, missed),
    }
}

/// With commas between them.
fn add_joined<T: AsRef<str>>(to: &mut String, words: &[T]) {
    for (number, words) in words.iter().enumerate() {
        if number > 0 {
            to.push_str(", ");
        }
        to.push_str(words.as_ref());
    }
}

/// What to say where no entry of a list is the fact.
fn add_missing<T>(to: &mut String, list: &Listed<T>, fact: &Coded) {
    add_absence(to, list.coverage, list.unusable.iter().any(|entry| fact.matches(entry.concepts)));
}

/// The chart's own words for something, each once; where it is there without words, the name of the fact.
fn add_list<'c>(
    to: &mut String,
    labels: impl Iterator<Item = &'c str>,
    fact: &Coded,
    missing: impl FnOnce(&mut String),
    prose: Prose,
) {
    let mut words: Vec<String> = Vec::new();
    for label in labels {
        let label = prose.of_chart(label);
        let label = if label.is_empty() { fact.title.clone() } else { label };
        if !words.contains(&label) {
            words.push(label);
        }
    }
    if words.is_empty() { missing(to) } else { add_joined(to, &words) }
}

fn add_measured(to: &mut String, fact: &Measured, shown: Shown, chart: &Chart, prose: Prose) {
    let Some(measurements) = chart.measured(fact.id) else { return };
    if measurements.newest_first.is_empty() {
        return add_absence(to, measurements.coverage, !measurements.unusable.is_empty());
    }
    if shown == Shown::Date {
        if let Some(measurement) = measurements.newest() {
            let _ = write!(to, "{}", measurement.when);
        }
        return;
    }
    if fact.per_leg {
        for (number, measurement) in measurements.newest_per_side().enumerate() {
            if number > 0 {
                to.push_str(", ");
            }
            if let Some(side) = measurement.side {
                to.push_str(side.name());
                to.push(' ');
            }
            add_result(to, fact, measurement, shown, chart, prose);
        }
    } else if let Some(measurement) = measurements.newest() {
        add_result(to, fact, measurement, shown, chart, prose);
    }
}

/// Value and unit of one result, and what is to be known of it where all is shown.
fn add_result(
    to: &mut String,
    fact: &Measured,
    measurement: &Measurement,
    shown: Shown,
    chart: &Chart,
    prose: Prose,
) {
    to.push_str(&measurement.value.shown(fact.decimals));
    if !fact.unit_shown.is_empty() {
        to.push(' ');
        to.push_str(&fact.unit_shown);
    }
    if shown == Shown::Whole {
        to.push_str(" (");
        add_remarks(to, fact, measurement, chart, prose);
        to.push(')');
    }
}

fn add_remarks(to: &mut String, fact: &Measured, measurement: &Measurement, chart: &Chart, prose: Prose) {
    let _ = write!(to, "{}", measurement.when);
    if measurement.when.older_than(i64::from(fact.current_for_days), chart.today) != Truth::False {
        to.push_str(", old");
    }
    if measurement.preliminary {
        to.push_str(", preliminary");
    }
    if let Some(original) = &measurement.converted_from {
        // The unit is the chart's own.
        let _ = write!(to, ", reported as {}", prose.of_chart(original));
    }
    if let Some(computed) = &measurement.computed {
        let _ = write!(to, ", computed here by {} from {}", computed.equation, computed.inputs);
        if computed.may_be_outdated {
            to.push_str(", newer inputs may exist");
        }
    }
    let side = measurement.side.filter(|_| fact.per_leg);
    let others = chart.measured(fact.id).into_iter().flat_map(|results| results.perhaps_newest(side).skip(1));
    for other in others {
        let _ = write!(to, ", one of {} may be newer", other.when);
    }
}

fn add_answered(to: &mut String, fact: &Answered, shown: Shown, chart: &Chart) {
    let Some(answers) = chart.answered(fact.id) else { return };
    let Some(answer) = answers.newest() else {
        return add_absence(to, answers.coverage, !answers.unusable.is_empty());
    };
    if shown == Shown::Date {
        let _ = write!(to, "{}", answer.when);
        return;
    }
    to.push_str(fact.answers.get(answer.answer).map_or("", |choice| choice.title.as_str()));
    if shown == Shown::Whole {
        let old = answer.when.older_than(i64::from(fact.current_for_days), chart.today) != Truth::False;
        let _ = write!(to, " ({}{})", answer.when, if old { ", old" } else { "" });
    }
}

/// Absent, unreadable and not seen are three different things.
fn add_absence(to: &mut String, coverage: Coverage, unusable: bool) {
    match coverage.lack() {
        _ if unusable => to.push_str("on record, not usable"),
        Some(lack) => {
            let _ = write!(to, "not known ({lack})");
        }
        None => to.push_str("not on record"),
    }
}

/// Is there nothing between its words but single spaces?
pub(super) fn is_on_one_line(text: &str) -> bool {
    let mut after_space = true;
    for character in text.chars() {
        let is_space = character.is_whitespace();
        if is_space && (after_space || character != ' ') {
            return false;
        }
        after_space = is_space;
    }
    !after_space || text.is_empty()
}

/// A chart's words on one line, without control or direction characters, at a readable length.
fn cleaned(label: &str) -> String {
    let is_clean = |c: char| !c.is_control() && !is_invisible(c);
    if label.len() <= LABEL_LIMIT && is_on_one_line(label) && label.chars().all(is_clean) {
        return label.to_owned();
    }
    let visible = label.chars().filter(|c| !is_invisible(*c));
    let spaced: String = visible.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= LABEL_LIMIT {
        return words;
    }
    let mut short: String = words.chars().take(LABEL_LIMIT - 1).collect();
    short.push('…');
    short
}

/// Has it no width, or does it turn the direction of what is beside it?
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    if escaped.contains("www.") { escaped.replace("www.", "www\\.") } else { escaped }
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

    #[test]
    fn a_text_is_on_one_line_where_its_words_joined_are_the_text() {
        for text in ["", "a", "a b", " a", "a ", "a  b", "a\nb", "\u{a0}a", "a\u{2009}b", "1.73 m² ≤ 3", " "]
        {
            let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(is_on_one_line(text), joined == text, "{text:?}");
        }
    }
}
