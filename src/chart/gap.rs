//! What could not be read, and what was never there to read.

use std::fmt;

use super::ConceptSet;

/// A resource of the chart, as `Type/id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceRef(Box<str>);

impl ResourceRef {
    /// Names a resource; where it has no id, by its place (`Observation/#3`).
    #[must_use]
    pub fn new(resource_type: &str, id: &str) -> ResourceRef {
        ResourceRef([resource_type, "/", id].concat().into())
    }

    /// `Type/id`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something in the chart that was there and could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where it stands.
    pub source: ResourceRef,
    /// What is wrong with it.
    pub why: Unusable,
}

impl Gap {
    /// As an entry of a list, with what its code stands for.
    #[must_use]
    pub fn of(self, concepts: ConceptSet) -> UnusableEntry {
        UnusableEntry { gap: self, concepts }
    }
}

/// An entry of a list that is there and could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableEntry {
    /// Where it stands, and what is wrong with it.
    pub gap: Gap,
    /// What its code stands for, where that much can be read: what is not found elsewhere may be this.
    pub concepts: ConceptSet,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.why)
    }
}

/// Why something that is in the chart is not used.
///
/// No text of the chart is repeated here, so that a gap can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unusable {
    /// The resource is not the JSON that FHIR R4 asks for.
    Malformed,
    /// It carries a `modifierExtension`, which may turn its meaning round.
    ModifierExtension,
    /// It belongs to another patient.
    OtherPatient,
    /// Whose it is cannot be told: it names its patient by the place in a Bundle that did not come, or in what may be
    /// another record of the same server.
    UnresolvedPatient,
    /// The result has no value, or says why there is none.
    NoValue,
    /// The value is a text that is not a number.
    NotANumber,
    /// The number has no unit, and its code does not fix one.
    NoUnit,
    /// The unit is not one that this fact is known in.
    UnknownUnit,
    /// The number lies outside what is possible.
    Implausible,
    /// The code of the answer is not one of those asked for.
    UnknownAnswer,
    /// There is no date, so that it cannot be placed in time.
    NoDate,
    /// The date cannot be read.
    UnreadableDate,
    /// The date lies in the future.
    InTheFuture,
    /// It has no code of a system that is known here.
    NotCoded,
    /// The side of the body is not said, or not understood.
    NoSide,
    /// The record itself does not know where it stands: it may hold, or be over, or never have been.
    StatusUnknown,
    /// It measures something related, such as a rate that is not normalised, which must not stand in for the fact.
    Related,
    /// A form that is still being filled in.
    Unfinished,
}

impl Unusable {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Unusable::Malformed => "not readable as FHIR R4",
            Unusable::ModifierExtension => "carries a modifier extension",
            Unusable::OtherPatient => "belongs to another patient",
            Unusable::UnresolvedPatient => "does not say whose it is in a way that can be followed",
            Unusable::NoValue => "has no value",
            Unusable::NotANumber => "its value is not a number",
            Unusable::NoUnit => "a number without a unit",
            Unusable::UnknownUnit => "its unit is not known for this result",
            Unusable::Implausible => "outside the plausible range",
            Unusable::UnknownAnswer => "its answer is not one that is known",
            Unusable::NoDate => "has no date",
            Unusable::UnreadableDate => "its date cannot be read",
            Unusable::InTheFuture => "dated in the future",
            Unusable::NotCoded => "has no known code",
            Unusable::NoSide => "does not say which side",
            Unusable::StatusUnknown => "its status is not known to the record system",
            Unusable::Related => "not the same measure (not normalised, or by another method), not used",
            Unusable::Unfinished => "is not filled in to its end",
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// How much of a list the chart gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coverage {
    /// All there is, as far as the client says.
    Complete,
    /// Some of it: what is found is true, what is not found may still exist.
    Partial(Lack),
    /// None of it.
    Unavailable(Lack),
    /// Nothing that is judged here needs it.
    #[default]
    NotAsked,
}

impl Coverage {
    /// Can it be said from this list that something is not there?
    #[must_use]
    pub fn is_complete(self) -> bool {
        self == Coverage::Complete
    }

    /// May there be entries that were asked for and did not come? Any of them may be newer than what did.
    #[must_use]
    pub fn may_lack_newer(self) -> bool {
        matches!(self, Coverage::Partial(_) | Coverage::Unavailable(_))
    }

    /// Why it is not complete.
    #[must_use]
    pub fn lack(self) -> Option<Lack> {
        match self {
            Coverage::Complete => None,
            Coverage::Partial(lack) | Coverage::Unavailable(lack) => Some(lack),
            Coverage::NotAsked => Some(Lack::NotSent),
        }
    }
}

/// Why a list is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lack {
    /// The client did not send it and it was not fetched.
    NotSent,
    /// The client tried and reported an error.
    ClientFailed,
    /// What came is not a Bundle or resource of the expected type.
    WrongShape,
    /// There are more pages, and they were not read.
    MorePages,
    /// The server held part of it back.
    Withheld,
    /// This service asked for it and got no usable answer.
    FetchFailed,
    /// The record system has no such resources to offer.
    NotSupported,
    /// The answer was larger than this service reads.
    TooLarge,
    /// All that came is about other patients: what was asked for was not what was answered.
    OtherPatients,
}

impl Lack {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Lack::NotSent => "not sent",
            Lack::ClientFailed => "the record system could not read it",
            Lack::WrongShape => "not readable",
            Lack::MorePages => "not all pages were read",
            Lack::Withheld => "partly withheld by the record system",
            Lack::FetchFailed => "could not be fetched",
            Lack::NotSupported => "not offered by the record system",
            Lack::TooLarge => "too large to be read in full",
            Lack::OtherPatients => "what came is about other patients",
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
