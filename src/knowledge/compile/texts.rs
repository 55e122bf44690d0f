//! Texts of cards: words, and between `{{` and `}}` the names of facts and thresholds that exist.
//!
//! Nothing but names: a text that could decide something would be a rule that no case looks at, and one that could
//! fail would do so in front of a patient.

use super::super::fact::Named;
use super::super::rule::{Piece, Shown, Text};
use super::rules::Compiler;

/// What a name in a text stands for.
enum Meaning {
    /// A number of the package, the same for every chart.
    Number(String),
    /// A fact of the chart.
    Fact(Named, Shown),
}

impl Compiler<'_> {
    /// Compiles a text. `place` stands in messages ("PIT-07 summary").
    pub(super) fn text(&mut self, file: &str, line: u64, place: &str, source: &str) -> Text {
        let mut text = Text::default();
        let mut rest = source.trim();
        loop {
            let (words, name) = match rest.split_once("{{") {
                Some((words, name)) => (words, Some(name)),
                None => (rest, None),
            };
            if words.contains("}}") || words.contains("{%") || words.contains("{#") {
                self.ledger.note(
                    file,
                    line,
                    format!("{place}: a text has names in `{{{{ }}}}` and no other marks"),
                );
            }
            push_words(&mut text, words);
            let Some(name) = name else { return text };
            let Some((name, after)) = name.split_once("}}") else {
                self.ledger.note(file, line, format!("{place}: `{{{{` without `}}}}`"));
                return text;
            };
            rest = after;
            match self.named(name.trim()) {
                Some(Meaning::Number(number)) => push_words(&mut text, &number),
                Some(Meaning::Fact(named, shown)) => text.0.push(Piece::Named(named, shown)),
                None => {
                    let note = format!("{place}: `{}` is not a known fact or threshold", name.trim());
                    self.ledger.note(file, line, note);
                }
            }
        }
    }

    fn named(&mut self, name: &str) -> Option<Meaning> {
        if name == "missed" {
            return Some(Meaning::Fact(Named::Missed, Shown::Whole));
        }
        let (bare, shown) = match (name.strip_suffix("_value"), name.strip_suffix("_date")) {
            (Some(bare), _) => (bare, Shown::Value),
            (_, Some(bare)) => (bare, Shown::Date),
            _ => (name, Shown::Whole),
        };
        let id = bare.replace('_', "-");
        let facts = self.facts;
        let named = if let Some(fact) = facts.measured.get(&id) {
            Named::Measured(fact.clone())
        } else if let Some(fact) = facts.answered.get(&id) {
            Named::Answered(fact.clone())
        } else if shown != Shown::Whole {
            return None;
        } else if let Some(fact) = facts.diagnoses.get(&id) {
            Named::Diagnosis(fact.clone())
        } else if let Some(fact) = facts.medicines.get(&id) {
            Named::Medicine(fact.clone())
        } else if let Some(fact) = facts.allergies.get(&id) {
            Named::Allergy(fact.clone())
        } else if let Some(fact) = facts.services.get(&id) {
            Named::Service(fact.clone())
        } else if let Some(fact) = facts.orders.get(&id) {
            Named::Order(fact.clone())
        } else {
            let number = self.limits.get(&id)?.in_words();
            self.used.insert(id);
            return Some(Meaning::Number(number));
        };
        self.used.insert(id);
        Some(Meaning::Fact(named, shown))
    }
}

/// Adds words to the last ones.
fn push_words(text: &mut Text, words: &str) {
    match text.0.last_mut() {
        Some(Piece::Words(last)) => last.push_str(words),
        _ if words.is_empty() => {}
        _ => text.0.push(Piece::Words(words.to_owned())),
    }
}
