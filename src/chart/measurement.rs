//! Results with a number, and findings with a coded answer.

use super::{Bounded, Coverage, Gap, ResourceRef, When};

/// Which measured fact of the knowledge: its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeasurementId(pub u16);

/// Which fact with a coded answer: its position in the knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnswerId(pub u16);

/// A side of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

impl Side {
    /// `left` or `right`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

/// One usable result, in the unit of its fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// The value, converted to the unit of the fact.
    pub value: Bounded,
    /// The value as the chart has it, where it was converted ("65 mmol/mol").
    pub converted_from: Option<String>,
    /// When it was measured. A result without a readable date never becomes a measurement.
    pub when: When,
    /// When it was released, to order results of the same time.
    pub issued: Option<When>,
    /// Which side, for facts that are told per leg.
    pub side: Option<Side>,
    /// Released before it was final.
    pub preliminary: bool,
    /// How this service computed it; `None` for a reported result.
    pub computed: Option<Computed>,
    /// Where it stands in the chart.
    pub source: ResourceRef,
}

/// A value this service worked out from others. It never outranks a reported one.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// The equation, with its year.
    pub equation: &'static str,
    /// What went in, as text.
    pub inputs: String,
    /// Newer inputs may exist: the chart did not give all of them.
    pub may_be_outdated: bool,
}

/// All that the chart holds of one measured fact.
#[derive(Debug, Clone, Default)]
pub struct Measurements {
    /// Usable results, newest first.
    pub newest_first: Vec<Measurement>,
    /// Results that are there and cannot be used.
    pub unusable: Vec<Gap>,
    /// How much of it the chart gave.
    pub coverage: Coverage,
}

impl Measurements {
    /// The newest usable result.
    #[must_use]
    pub fn newest(&self) -> Option<&Measurement> {
        self.newest_first.first()
    }

    /// The newest usable result of one side.
    #[must_use]
    pub fn newest_of(&self, side: Side) -> Option<&Measurement> {
        self.newest_first.iter().find(|measurement| measurement.side == Some(side))
    }

    /// Those that may be the newest of one side, or of all: the newest, and each with only a month or a year that may
    /// be later still.
    pub fn perhaps_newest(&self, side: Option<Side>) -> impl Iterator<Item = &Measurement> {
        let of_side = self.newest_first.iter().filter(move |one| side.is_none() || one.side == side);
        perhaps_newest(of_side, |measurement| Some(measurement.when))
    }

    /// The newest of each side that has one, then the newest without a side where no side has any.
    pub fn newest_per_side(&self) -> impl Iterator<Item = &Measurement> {
        let left = self.newest_of(Side::Left);
        let right = self.newest_of(Side::Right);
        let unsided = if left.is_none() && right.is_none() { self.newest() } else { None };
        [right, left, unsided].into_iter().flatten()
    }
}

/// One usable coded answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which of the answers that the fact knows: its position there.
    pub answer: usize,
    /// When it was given.
    pub when: When,
    /// When it was released, to order answers of the same time.
    pub issued: Option<When>,
    /// Where it stands in the chart.
    pub source: ResourceRef,
}

/// All that the chart holds of one fact with a coded answer.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Usable answers, newest first.
    pub newest_first: Vec<Answer>,
    /// Answers that are there and cannot be used.
    pub unusable: Vec<Gap>,
    /// How much of it the chart gave.
    pub coverage: Coverage,
}

impl Answers {
    /// The newest usable answer.
    #[must_use]
    pub fn newest(&self) -> Option<&Answer> {
        self.newest_first.first()
    }

    /// Those that may be the newest, by resource, for a question may be answered with several at once: the newest, and
    /// each with only a month or a year that may be later still.
    pub fn perhaps_newest(&self) -> impl Iterator<Item = &[Answer]> {
        let by_resource = self.newest_first.chunk_by(|one, next| {
            (&one.source, one.when, one.issued) == (&next.source, next.when, next.issued)
        });
        perhaps_newest(by_resource, |answers| answers.first().map(|answer| answer.when))
    }
}

/// The first of what stands newest first, and what may be later than it is. Of the same text, the first is newest.
fn perhaps_newest<T: Copy>(
    mut newest_first: impl Iterator<Item = T>,
    when: impl Fn(T) -> Option<When>,
) -> impl Iterator<Item = T> {
    let newest = newest_first.next();
    let date = newest.and_then(&when);
    let contends = move |one: &T| {
        date.zip(when(*one)).is_some_and(|(newest, other)| newest != other && newest.overlaps(&other))
    };
    newest.into_iter().chain(newest_first.filter(contends))
}
