//! Cards for clients that take one action for each suggestion and let any number of suggestions be taken.

use crate::wire::{Card, SelectionBehavior};

/// Leaves out what such a client would show in part, or let be taken together although it must not be: suggestions
/// with several actions, and of alternatives all but one, the recommended if there is one.
pub fn one_action_each(cards: &mut [Card]) {
    for card in cards {
        card.suggestions.retain(|suggestion| suggestion.actions.len() <= 1);
        if card.selection_behavior == Some(SelectionBehavior::AtMostOne) {
            let recommended = card.suggestions.iter().position(|suggestion| suggestion.is_recommended);
            let kept = recommended.unwrap_or(0);
            let mut position = 0;
            card.suggestions.retain(|_| {
                position += 1;
                position - 1 == kept
            });
        }
        card.selection_behavior = (!card.suggestions.is_empty()).then_some(SelectionBehavior::Any);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::wire::{Action, ActionType, Coding, Indicator, Source, Suggestion};

    fn card(suggestions: &[(usize, bool)], selection_behavior: SelectionBehavior) -> Card {
        let action = || Action {
            kind: ActionType::Delete,
            description: "d".to_owned(),
            resource: None,
            resource_id: Some("ServiceRequest/1".to_owned()),
        };
        let suggestion = |(place, (actions, is_recommended)): (usize, &(usize, bool))| Suggestion {
            label: place.to_string(),
            uuid: "u".to_owned(),
            is_recommended: *is_recommended,
            actions: (0..*actions).map(|_| action()).collect(),
        };
        let coding = Coding { code: "c".to_owned(), system: "s".to_owned(), display: None };
        Card {
            uuid: "u".to_owned(),
            summary: "s".to_owned(),
            detail: None,
            indicator: Indicator::Info,
            source: Source { label: "l".to_owned(), url: None, topic: coding },
            suggestions: suggestions.iter().enumerate().map(suggestion).collect(),
            selection_behavior: Some(selection_behavior),
            override_reasons: Arc::default(),
            links: Vec::new(),
        }
    }

    #[test]
    fn what_is_left_may_be_taken_in_any_number() {
        use SelectionBehavior::{Any, AtMostOne};
        for (suggestions, selection, left) in [
            (&[(1, false), (1, true)][..], AtMostOne, &["1"][..]),
            (&[(1, false), (1, false)], AtMostOne, &["0"]),
            (&[(2, true), (1, false)], AtMostOne, &["1"]),
            (&[(1, false), (1, true), (2, false)], Any, &["0", "1"]),
            (&[(0, false)], Any, &["0"]),
            (&[(2, false)], Any, &[]),
        ] {
            let mut cards = [card(suggestions, selection)];
            one_action_each(&mut cards);
            let labels: Vec<&str> = cards[0].suggestions.iter().map(|one| one.label.as_str()).collect();
            assert_eq!(labels, left, "{suggestions:?}");
            assert_eq!(cards[0].selection_behavior, (!left.is_empty()).then_some(Any), "{suggestions:?}");
        }
    }
}
