//! CodeableConcept: every coding is looked at, in whatever order they stand.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{Field, Str, read, read_object};
use crate::chart::{ConceptSet, Side, System, Vocabulary};

/// A FHIR Coding, as far as it is used.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Coding<'a> {
    #[serde(borrow, default)]
    system: Str<'a>,
    #[serde(borrow, default)]
    code: Str<'a>,
    #[serde(borrow, default)]
    display: Str<'a>,
}

impl Coding<'_> {
    /// The code, where its system is one that is known here.
    pub(super) fn known(&self) -> Option<(System, &str)> {
        Some((System::from_uri(self.system.get()?)?, self.code.get()?))
    }

    pub(super) fn system(&self) -> Option<&str> {
        self.system.get()
    }

    pub(super) fn code(&self) -> Option<&str> {
        self.code.get()
    }

    pub(super) fn display(&self) -> Option<&str> {
        self.display.get()
    }

    pub(super) fn concepts(&self, vocabulary: &Vocabulary) -> ConceptSet {
        self.known().map_or(ConceptSet::EMPTY, |(system, code)| vocabulary.concepts(system, code))
    }
}

/// A FHIR CodeableConcept.
#[derive(Debug, Clone, Deserialize, Default)]
pub(super) struct CodeableConcept<'a> {
    #[serde(borrow, default, deserialize_with = "codings")]
    pub(super) coding: Vec<Coding<'a>>,
    #[serde(borrow, default)]
    text: Str<'a>,
}

/// `null` is the same as absent.
fn codings<'de: 'a, 'a, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Coding<'a>>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl CodeableConcept<'_> {
    /// What its codings stand for, together.
    pub(super) fn concepts(&self, vocabulary: &Vocabulary) -> ConceptSet {
        let each = self.coding.iter().map(|coding| coding.concepts(vocabulary));
        each.fold(ConceptSet::EMPTY, ConceptSet::union)
    }

    /// Is there a code of a system that is known here?
    pub(super) fn is_coded(&self) -> bool {
        self.coding.iter().any(|coding| coding.known().is_some())
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.text.get()
    }

    /// All that a person would read: text and displays.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.text().into_iter().chain(self.coding.iter().filter_map(Coding::display))
    }

    /// Its name, for showing only: the text, else the display of what was matched, else any display or code.
    pub(super) fn label(&self, vocabulary: &Vocabulary) -> String {
        let matched = || {
            let mut known = self.coding.iter().filter(|coding| !coding.concepts(vocabulary).is_empty());
            known.find_map(Coding::display)
        };
        let any = || self.coding.iter().find_map(Coding::display);
        let code = || self.coding.iter().find_map(Coding::code);
        self.text().or_else(matched).or_else(any).or_else(code).unwrap_or_default().to_owned()
    }

    /// Says the source outright that there is nothing to list ("no known problems")?
    ///
    /// The statements of the International Patient Summary; those of SNOMED CT are known codes without a concept.
    pub(super) fn says_nothing_known(&self) -> bool {
        self.coding.iter().any(|coding| {
            coding.system().is_some_and(|system| system.ends_with("absent-unknown-uv-ips"))
                && coding.code().is_some_and(|code| code.starts_with("no-known-"))
        })
    }
}

/// Reads a CodeableConcept. Where a detail of it cannot be read (a name, a coding that is `null`, one coding that stands
/// without its list), the codes that can be read still say what is meant.
pub(super) fn concept<'a>(raw: Option<&'a RawValue>) -> Field<CodeableConcept<'a>> {
    match read_object(raw) {
        Field::Bad => raw.and_then(piecewise).map_or(Field::Bad, Field::Ok),
        whole => whole,
    }
}

/// A CodeableConcept from those of its codings that can be read; `None` where none can.
fn piecewise(raw: &RawValue) -> Option<CodeableConcept<'_>> {
    #[derive(Deserialize)]
    struct RawConcept<'a> {
        #[serde(borrow)]
        coding: Option<&'a RawValue>,
        #[serde(borrow)]
        text: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct RawCoding<'a> {
        #[serde(borrow)]
        system: Option<&'a RawValue>,
        #[serde(borrow)]
        code: Option<&'a RawValue>,
        #[serde(borrow)]
        display: Option<&'a RawValue>,
    }
    fn text(raw: Option<&RawValue>) -> Str<'_> {
        raw.map(Str::of).unwrap_or_default()
    }
    // What stands once stands for the list of one, and the list of one for what stands once.
    let [only] = *one_or_several(raw)? else { return None };
    let whole: RawConcept<'_> = read_object(Some(only)).ok()?;
    let each = one_or_several(whole.coding?)?;
    let codings = each.into_iter().filter_map(|raw| {
        let coding: RawCoding<'_> = read_object(Some(raw)).ok()?;
        let coding =
            Coding { system: text(coding.system), code: text(coding.code), display: text(coding.display) };
        coding.code().is_some().then_some(coding)
    });
    let coding: Vec<Coding<'_>> = codings.collect();
    (!coding.is_empty()).then(|| CodeableConcept { coding, text: text(whole.text) })
}

/// The elements of a list, or what stands there in place of a list.
pub(super) fn one_or_several(raw: &RawValue) -> Option<Vec<&RawValue>> {
    if raw.get().starts_with('{') { Some(vec![raw]) } else { read(Some(raw)).ok() }
}

/// The status codes of a FHIR status that is a concept, or a plain text in DSTU2 and STU3.
///
/// Where there is no code, the text is taken for one: `Entered in error` is how the value sets display it.
pub(super) fn status<'a>(raw: Option<&'a RawValue>) -> Field<Vec<Cow<'a, str>>> {
    match raw {
        Some(text) if text.get().starts_with('"') => match read::<Str<'a>>(raw) {
            Field::Ok(Str(Field::Ok(code))) => Field::Ok(vec![as_written_in_value_sets(code)]),
            _ => Field::Bad,
        },
        raw => match read_object::<CodeableConcept<'a>>(raw) {
            Field::Absent => Field::Absent,
            Field::Bad => Field::Bad,
            Field::Ok(concept) => {
                if concept.coding.iter().any(|coding| coding.code.0.is_bad()) {
                    return Field::Bad;
                }
                let codes = concept.coding.into_iter().filter_map(|coding| coding.code.0.ok());
                let mut codes: Vec<_> = codes.map(as_written_in_value_sets).collect();
                if codes.is_empty() {
                    codes.extend(concept.text.0.ok().map(as_written_in_value_sets));
                }
                Field::Ok(codes)
            }
        },
    }
}

/// `Entered in error` as `entered-in-error`.
fn as_written_in_value_sets(code: Cow<'_, str>) -> Cow<'_, str> {
    if code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return code;
    }
    code.split_whitespace().collect::<Vec<_>>().join("-").to_ascii_lowercase().into()
}

/// What the words of the knowledge stand for that are in `texts`: each as a word, or words, of its own, in any case.
pub(super) fn in_words<'w>(
    texts: impl IntoIterator<Item = &'w str>,
    words: &[(String, ConceptSet)],
) -> ConceptSet {
    let mut found = ConceptSet::EMPTY;
    if words.is_empty() {
        return found;
    }
    let initials = words.iter().fold(0, |initials, (words, _)| initials | initial(words));
    for text in texts {
        let mut inside = false;
        for (place, character) in text.char_indices() {
            let was_inside = std::mem::replace(&mut inside, character.is_alphanumeric());
            if was_inside || !inside {
                continue;
            }
            // Here a word begins; most begin with no letter of those that are looked for.
            let rest = text.get(place..).unwrap_or_default();
            if initials & initial(rest) == 0 {
                continue;
            }
            for (_, concepts) in words.iter().filter(|(words, _)| stand_here(rest, words)) {
                found = found.union(*concepts);
            }
        }
    }
    found
}

/// The first letter of a text in any case, as one of 32 bits; all of them where there is no telling in which cases it
/// is written, and none where there is none.
fn initial(text: &str) -> u32 {
    match text.bytes().next() {
        Some(letter) if letter.is_ascii_alphabetic() => 1 << (letter & 31),
        Some(_) => u32::MAX,
        None => 0,
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Do the words of `sought` stand at the beginning of `rest`? No words stand nowhere.
fn stand_here(rest: &str, sought: &str) -> bool {
    fn same(one: &str, other: &str) -> bool {
        if one.is_ascii() && other.is_ascii() {
            return one.eq_ignore_ascii_case(other);
        }
        let lower = |word: &str| word.chars().flat_map(char::to_lowercase).collect::<String>();
        lower(one) == lower(other)
    }
    if initial(rest) & initial(sought) == 0 {
        return false;
    }
    let mut rest = split(rest);
    let mut sought = split(sought).peekable();
    sought.peek().is_some() && sought.all(|word| rest.next().is_some_and(|found| same(found, word)))
}

/// What a place in the chart says of left and right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sides {
    left: bool,
    right: bool,
}

impl Sides {
    /// What words say: `left` or `right` as a word of its own.
    pub(super) fn in_words<'w>(texts: impl IntoIterator<Item = &'w str>) -> Sides {
        let mut sides = Sides::default();
        // One word has an "ft", the other a "gh"; most names of results have neither.
        let may_say = |text: &&str| {
            let pairs = text.as_bytes().iter().zip(text.as_bytes().iter().skip(1));
            // Without an end before the last one, so that many are compared at once.
            pairs.fold(false, |found, (one, next)| {
                found | matches!((one | 0x20, next | 0x20), (b'f', b't') | (b'g', b'h'))
            })
        };
        for text in texts.into_iter().filter(may_say) {
            for word in text.split(|c: char| !c.is_alphanumeric()) {
                sides.left |= word.eq_ignore_ascii_case("left");
                sides.right |= word.eq_ignore_ascii_case("right");
            }
        }
        sides
    }

    /// What concepts say.
    pub(super) fn in_concepts(concepts: ConceptSet, left: ConceptSet, right: ConceptSet) -> Sides {
        Sides { left: concepts.meets(left), right: concepts.meets(right) }
    }

    pub(super) fn is_silent(self) -> bool {
        self == Sides::default()
    }

    /// This, or what `next` says where this says nothing.
    pub(super) fn or_else(self, next: impl FnOnce() -> Sides) -> Sides {
        if self.is_silent() { next() } else { self }
    }

    /// The one side that is said; both are no side.
    pub(super) fn one(self) -> Option<Side> {
        match (self.left, self.right) {
            (true, false) => Some(Side::Left),
            (false, true) => Some(Side::Right),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::ConceptId;

    #[test]
    fn a_word_counts_only_as_a_whole() {
        let (knee, tendon) = (ConceptSet::from_iter([ConceptId(1)]), ConceptSet::from_iter([ConceptId(2)]));
        let words = [("knee".to_owned(), knee), ("achilles tendon".to_owned(), tendon)];
        for (text, expected) in [
            ("Left KNEE", knee),
            ("knee/ankle", knee),
            ("kneecap", ConceptSet::EMPTY),
            ("inject Achilles-tendon (left)", tendon),
            ("Achilles. Tendon, knee", knee.union(tendon)),
            ("tendon achilles", ConceptSet::EMPTY),
            ("", ConceptSet::EMPTY),
        ] {
            assert_eq!(in_words([text], &words), expected, "{text}");
        }
        assert_eq!(in_words(["knee"], &[(String::new(), knee)]), ConceptSet::EMPTY, "no word is no word");
    }

    #[test]
    fn a_side_is_a_word_and_only_one_of_them() {
        for (text, side) in [
            ("ABI, right", Some(Side::Right)),
            ("LEFT ankle", Some(Side::Left)),
            ("right-abi", Some(Side::Right)),
            ("upright, bright", None),
            ("left and right leg", None),
            ("", None),
        ] {
            assert_eq!(Sides::in_words([text]).one(), side, "{text}");
        }
    }
}
