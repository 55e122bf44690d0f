//! What a client calls our prefetch keys, where it was told them by hand.

use std::collections::BTreeMap;

use crate::wire::Text;

/// What a client calls our prefetch keys. By default as we do.
#[derive(Debug, Clone, Default)]
pub struct KeyNames {
    /// Our key for each of its names.
    pub aliases: BTreeMap<String, String>,
    /// Are its names the same in upper and lower case?
    pub any_case: bool,
}

impl KeyNames {
    /// The place of what was sent for our `key`: under this very name, else under one that stands for it.
    pub(super) fn find<T>(&self, key: &str, prefetch: &[(Text<'_>, T)]) -> Option<usize> {
        let same = |a: &str, b: &str| if self.any_case { a.eq_ignore_ascii_case(b) } else { a == b };
        let alias = |sent: &str| self.aliases.iter().any(|(theirs, ours)| ours == key && same(theirs, sent));
        let find = |is_it: &dyn Fn(&str) -> bool| prefetch.iter().position(|(sent, _)| is_it(sent.as_ref()));
        find(&|sent| sent == key).or_else(|| find(&alias)).or_else(|| find(&|sent| same(sent, key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_own_name_first() {
        let sent = [("Problems", 1), ("CONDITIONS", 2), ("conditions", 3), ("ldl", 4)];
        let sent = sent.map(|(name, number)| (Text(name.into()), number));
        let names = |any_case| KeyNames {
            aliases: BTreeMap::from([("problems".to_owned(), "conditions".to_owned())]),
            any_case,
        };
        for (from, any_case, key, expected) in [
            (0, false, "conditions", Some(3)),
            (0, false, "ldl", Some(4)),
            (0, false, "Problems", Some(1)),
            (0, false, "problems", None),
            (0, true, "conditions", Some(3)),
            (3, false, "conditions", None),
        ] {
            let found = names(any_case).find(key, &sent[from..]).map(|place| sent[from + place].1);
            assert_eq!(found, expected, "{key} {any_case}");
        }
        assert_eq!(names(false).find("conditions", &sent[..2]), None);
        assert_eq!(names(true).find("conditions", &sent[..2]), Some(0));
        assert_eq!(names(true).find("conditions", &sent[1..2]), Some(0));
    }
}
