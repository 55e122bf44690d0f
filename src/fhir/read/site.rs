//! Where on the body a draft order is for: by code, and by the words of the knowledge in what is written.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::chart::ConceptSet;
use crate::fhir::ReadPlan;
use crate::fhir::concept::{CodeableConcept, concept, in_words, one_or_several};
use crate::fhir::json::{Str, read, read_object};

/// The body sites of one order.
pub(super) struct Sited {
    /// What they stand for.
    pub(super) sites: ConceptSet,
    /// Is any stated, known here or not?
    pub(super) said: bool,
}

impl Sited {
    /// From body sites, and from all that is written elsewhere in the order.
    pub(super) fn of<'w>(
        plan: &ReadPlan,
        sites: &'w [CodeableConcept<'_>],
        written: impl IntoIterator<Item = &'w str>,
    ) -> Sited {
        let coded = sites.iter().map(|site| site.concepts(&plan.vocabulary));
        let coded = coded.fold(ConceptSet::EMPTY, ConceptSet::union);
        let words = sites.iter().flat_map(CodeableConcept::words);
        let worded = in_words(words.chain(written), &plan.site_words);
        let stated = |site: &CodeableConcept<'_>| !site.coding.is_empty() || site.text().is_some();
        Sited { sites: coded.union(worded), said: !worded.is_empty() || sites.iter().any(stated) }
    }
}

/// What stands in `note`.
pub(super) fn notes<'a>(raw: Option<&'a RawValue>) -> Vec<Str<'a>> {
    #[derive(Deserialize)]
    struct Annotation<'a> {
        #[serde(borrow, default)]
        text: Str<'a>,
    }
    let notes: Vec<&'a RawValue> = read(raw).ok().unwrap_or_default();
    let notes = notes.into_iter().filter_map(|note| read_object::<Annotation<'a>>(Some(note)).ok());
    notes.map(|note| note.text).collect()
}

/// What dosage instructions say of the place: the sites, and all that is written.
pub(super) fn dosage_sites<'a>(raw: Option<&'a RawValue>) -> (Vec<CodeableConcept<'a>>, Vec<Str<'a>>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Dosage<'a> {
        #[serde(borrow)]
        site: Option<&'a RawValue>,
        #[serde(borrow, default)]
        text: Str<'a>,
        #[serde(borrow, default)]
        patient_instruction: Str<'a>,
    }
    let instructions = raw.and_then(one_or_several).unwrap_or_default();
    let (mut sites, mut written) = (Vec::new(), Vec::new());
    for dosage in instructions.into_iter().filter_map(|one| read_object::<Dosage<'a>>(Some(one)).ok()) {
        sites.extend(concept(dosage.site).ok());
        written.extend([dosage.text, dosage.patient_instruction]);
    }
    (sites, written)
}
