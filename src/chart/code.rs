//! Codes, and which concepts of the knowledge they stand for.

use std::collections::HashMap;
use std::fmt;

/// A code system that the knowledge uses.
///
/// Charts spell the same system as URI or as OID; both read as the same variant. A system that is not listed here
/// never matches anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// LOINC.
    Loinc,
    /// SNOMED CT, any edition.
    Snomed,
    /// ICD-10-CM.
    Icd10Cm,
    /// RxNorm.
    RxNorm,
    /// CPT.
    Cpt,
    /// HCPCS Level II.
    Hcpcs,
    /// The answers of our own questionnaires.
    PainPattern,
}

impl System {
    /// All of them.
    pub const ALL: [System; 7] = [
        System::Loinc,
        System::Snomed,
        System::Icd10Cm,
        System::RxNorm,
        System::Cpt,
        System::Hcpcs,
        System::PainPattern,
    ];

    /// The canonical URI, as HL7 publishes it.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            System::Loinc => "http://loinc.org",
            System::Snomed => "http://snomed.info/sct",
            System::Icd10Cm => "http://hl7.org/fhir/sid/icd-10-cm",
            System::RxNorm => "http://www.nlm.nih.gov/research/umls/rxnorm",
            System::Cpt => "http://www.ama-assn.org/go/cpt",
            System::Hcpcs => "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
            System::PainPattern => "https://gaitkeeper.example/fhir/CodeSystem/pain-pattern",
        }
    }

    /// The system behind a URI or OID as charts write it.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<System> {
        let uri = uri.trim();
        if let Some(oid) = uri.strip_prefix("urn:oid:") {
            return match oid {
                "2.16.840.1.113883.6.1" => Some(System::Loinc),
                "2.16.840.1.113883.6.96" => Some(System::Snomed),
                "2.16.840.1.113883.6.90" => Some(System::Icd10Cm),
                "2.16.840.1.113883.6.88" => Some(System::RxNorm),
                "2.16.840.1.113883.6.12" => Some(System::Cpt),
                "2.16.840.1.113883.6.285" => Some(System::Hcpcs),
                _ => None,
            };
        }
        let bare = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
        let bare = bare.trim_end_matches('/');
        match bare {
            "loinc.org" => Some(System::Loinc),
            "snomed.info/sct" => Some(System::Snomed),
            "hl7.org/fhir/sid/icd-10-cm" => Some(System::Icd10Cm),
            "www.nlm.nih.gov/research/umls/rxnorm" => Some(System::RxNorm),
            "www.ama-assn.org/go/cpt" => Some(System::Cpt),
            "www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets" => Some(System::Hcpcs),
            "gaitkeeper.example/fhir/CodeSystem/pain-pattern" => Some(System::PainPattern),
            _ if bare.starts_with("snomed.info/sct/") => Some(System::Snomed),
            _ => None,
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            System::Loinc => "LOINC",
            System::Snomed => "SNOMED CT",
            System::Icd10Cm => "ICD-10-CM",
            System::RxNorm => "RxNorm",
            System::Cpt => "CPT",
            System::Hcpcs => "HCPCS",
            System::PainPattern => "pain pattern",
        })
    }
}

/// A concept of the knowledge: the position of its value set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConceptId(pub u8);

/// A set of concepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ConceptSet([u64; 4]);

impl ConceptSet {
    /// The empty set.
    pub const EMPTY: ConceptSet = ConceptSet([0; 4]);

    /// Adds one concept.
    pub fn insert(&mut self, concept: ConceptId) {
        if let Some(word) = self.0.get_mut(usize::from(concept.0 >> 6)) {
            *word |= 1 << (concept.0 & 63);
        }
    }

    /// Is there a concept in both?
    #[must_use]
    pub fn meets(self, other: ConceptSet) -> bool {
        let [a, b, c, d] = self.0;
        let [e, f, g, h] = other.0;
        (a & e) | (b & f) | (c & g) | (d & h) != 0
    }

    /// All concepts of both.
    #[must_use]
    pub fn union(self, other: ConceptSet) -> ConceptSet {
        let [a, b, c, d] = self.0;
        let [e, f, g, h] = other.0;
        ConceptSet([a | e, b | f, c | g, d | h])
    }

    /// Is nothing in it?
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == ConceptSet::EMPTY
    }

    /// The concepts in it, in order.
    pub fn iter(self) -> impl Iterator<Item = ConceptId> {
        (0..=u8::MAX).map(ConceptId).filter(move |concept| self.meets(ConceptSet::from_iter([*concept])))
    }
}

impl FromIterator<ConceptId> for ConceptSet {
    fn from_iter<T: IntoIterator<Item = ConceptId>>(concepts: T) -> ConceptSet {
        let mut set = ConceptSet::EMPTY;
        for concept in concepts {
            set.insert(concept);
        }
        set
    }
}

/// The codes of each system, in the order of [`System::ALL`].
///
/// What is asked for comes from outside, what is in it does not: nobody can crowd it, so that a quick hash is enough.
type BySystem = [HashMap<Box<str>, ConceptSet, foldhash::fast::RandomState>; System::ALL.len()];

/// Which concepts a code stands for.
///
/// ICD-10-CM codes match with and without their dot, and a value set may hold a whole family by its first
/// characters.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    exact: BySystem,
    families: BySystem,
}

impl Vocabulary {
    /// Says that `code` stands for `concept`; with `family`, every code that begins with it does.
    pub fn insert(&mut self, system: System, code: &str, family: bool, concept: ConceptId) {
        let table = if family { &mut self.families } else { &mut self.exact };
        if let Some(codes) = table.get_mut(system as usize) {
            codes.entry(Self::key(system, code).into()).or_default().insert(concept);
        }
    }

    /// The concepts that `code` stands for; empty where it stands for none.
    #[must_use]
    pub fn concepts(&self, system: System, code: &str) -> ConceptSet {
        let key = Self::key(system, code);
        let mut found = self
            .exact
            .get(system as usize)
            .and_then(|codes| codes.get(key.as_ref()))
            .copied()
            .unwrap_or_default();
        if let Some(families) = self.families.get(system as usize).filter(|families| !families.is_empty()) {
            for end in 1..=key.len() {
                if let Some(concepts) = key.get(..end).and_then(|family| families.get(family)) {
                    found = found.union(*concepts);
                }
            }
        }
        found
    }

    fn key(system: System, code: &str) -> std::borrow::Cow<'_, str> {
        let code = code.trim();
        if system == System::Icd10Cm && (code.contains('.') || code.bytes().any(|b| b.is_ascii_lowercase())) {
            code.replace('.', "").to_ascii_uppercase().into()
        } else {
            code.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icd_codes_match_with_and_without_dot_and_by_family() {
        let mut vocabulary = Vocabulary::default();
        vocabulary.insert(System::Icd10Cm, "I70.21", true, ConceptId(7));
        vocabulary.insert(System::Icd10Cm, "I73.9", false, ConceptId(70));
        let claudication = ConceptSet::from_iter([ConceptId(7)]);
        for code in ["I70.213", "I70213", "i70.21", "I70.21"] {
            assert_eq!(vocabulary.concepts(System::Icd10Cm, code), claudication, "{code}");
        }
        for code in ["I70.2", "I70.22", "I73.81", "I73.0", "I73.90"] {
            assert!(vocabulary.concepts(System::Icd10Cm, code).is_empty(), "{code}");
        }
        assert!(!vocabulary.concepts(System::Icd10Cm, "I739").is_empty());
        assert!(vocabulary.concepts(System::Snomed, "I70.213").is_empty());
    }

    #[test]
    fn a_system_is_known_by_uri_and_by_oid() {
        for system in System::ALL {
            assert_eq!(System::from_uri(system.uri()), Some(system));
        }
        assert_eq!(System::from_uri("urn:oid:2.16.840.1.113883.6.96"), Some(System::Snomed));
        assert_eq!(System::from_uri("http://snomed.info/sct/731000124108"), Some(System::Snomed));
        for uri in ["urn:oid:2.16.246.537.6.96", "http://e-imo.com/products/problem-it", "", "loinc"] {
            assert_eq!(System::from_uri(uri), None, "{uri}");
        }
    }

    #[test]
    fn sets_hold_the_first_and_the_last_concept() {
        let set = ConceptSet::from_iter([ConceptId(0), ConceptId(63), ConceptId(64), ConceptId(255)]);
        assert_eq!(set.iter().map(|concept| concept.0).collect::<Vec<_>>(), [0, 63, 64, 255]);
    }
}
