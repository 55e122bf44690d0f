//! The synthetic patients and draft orders, inside the binary.

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::format_description;

use crate::wire::Hook;

static PATIENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/patients");
static ORDERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/orders");
static PROBLEMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/problems");

/// The patients and orders, with a word about each.
#[derive(Debug)]
pub struct Synthetics {
    /// The day on which their charts were written: they are judged as of this day.
    pub as_of: Date,
    /// The patients, the most telling first.
    pub patients: Vec<SyntheticPatient>,
    /// The orders.
    pub orders: Vec<SyntheticOrder>,
    /// Problems to put on a problem list.
    pub problems: Vec<SyntheticProblem>,
}

/// One patient.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntheticPatient {
    /// The name of the file, and the id of the Bundle and of the Patient.
    pub slug: String,
    /// First name, age and what matters.
    pub name: String,
    /// Why the patient is interesting.
    pub why: String,
    /// The hook at which something is to be seen.
    pub hook: Hook,
    /// Draft orders to go with it, by slug.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<String>,
}

/// One draft order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntheticOrder {
    /// The name of the file.
    pub slug: String,
    /// What is ordered.
    pub title: String,
    /// The part of an order pad it stands in.
    pub group: String,
}

/// One problem that can be added to a chart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntheticProblem {
    /// The name of the file.
    pub slug: String,
    /// What it is called.
    pub title: String,
}

/// An index in the binary cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SyntheticError {
    /// It is not there.
    #[error("`{0}` is not in the binary")]
    Missing(&'static str),
    /// It cannot be read.
    #[error("reading the index of {0}")]
    Unreadable(&'static str, #[source] Box<serde_saphyr::Error>),
    /// Its day is no day.
    #[error("reading the day of the synthetic patients")]
    Day(#[source] time::error::Parse),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PatientIndex {
    as_of: String,
    patients: Vec<SyntheticPatient>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderIndex {
    orders: Vec<SyntheticOrder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProblemIndex {
    problems: Vec<SyntheticProblem>,
}

impl Synthetics {
    /// Those in the binary.
    ///
    /// # Errors
    /// Where an index cannot be read, which the tests rule out.
    pub fn embedded() -> Result<Synthetics, SyntheticError> {
        let patients: PatientIndex = index(&PATIENTS, "fixtures/patients")?;
        let orders: OrderIndex = index(&ORDERS, "fixtures/orders")?;
        let problems: ProblemIndex = index(&PROBLEMS, "fixtures/problems")?;
        let as_of = Date::parse(&patients.as_of, format_description!("[year]-[month]-[day]"));
        let as_of = as_of.map_err(SyntheticError::Day)?;
        Ok(Synthetics {
            as_of,
            patients: patients.patients,
            orders: orders.orders,
            problems: problems.problems,
        })
    }

    /// The Bundle of a patient, as it stands in its file.
    #[must_use]
    pub fn patient(&self, slug: &str) -> Option<&'static str> {
        self.patients.iter().any(|patient| patient.slug == slug).then(|| resource(&PATIENTS, slug)).flatten()
    }

    /// The Condition of a problem, without its subject.
    #[must_use]
    pub fn problem(&self, slug: &str) -> Option<&'static str> {
        self.problems.iter().any(|problem| problem.slug == slug).then(|| resource(&PROBLEMS, slug)).flatten()
    }

    /// The resource of an order, without its subject.
    #[must_use]
    pub fn order(&self, slug: &str) -> Option<&'static str> {
        self.orders.iter().any(|order| order.slug == slug).then(|| resource(&ORDERS, slug)).flatten()
    }
}

fn resource(folder: &'static Dir<'_>, slug: &str) -> Option<&'static str> {
    folder.get_file(format!("{slug}.json"))?.contents_utf8()
}

fn index<T: for<'de> Deserialize<'de>>(
    folder: &'static Dir<'_>,
    name: &'static str,
) -> Result<T, SyntheticError> {
    let text = folder.get_file("index.yaml").and_then(|file| file.contents_utf8());
    let text = text.ok_or(SyntheticError::Missing(name))?;
    serde_saphyr::from_str(text).map_err(|error| SyntheticError::Unreadable(name, Box::new(error)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn files(folder: &Dir<'_>) -> BTreeSet<String> {
        let files = folder.files().filter_map(|file| file.path().to_str()?.strip_suffix(".json"));
        files.map(str::to_owned).collect()
    }

    #[test]
    fn the_indexes_list_every_file_and_nothing_else() {
        let synthetics = Synthetics::embedded().unwrap();
        let patients: BTreeSet<String> =
            synthetics.patients.iter().map(|patient| patient.slug.clone()).collect();
        let orders: BTreeSet<String> = synthetics.orders.iter().map(|order| order.slug.clone()).collect();
        assert_eq!((patients.len(), orders.len()), (synthetics.patients.len(), synthetics.orders.len()));
        let problems: BTreeSet<String> =
            synthetics.problems.iter().map(|problem| problem.slug.clone()).collect();
        assert_eq!(problems.len(), synthetics.problems.len());
        assert_eq!(problems, files(&PROBLEMS));
        assert_eq!(patients, files(&PATIENTS));
        assert_eq!(orders, files(&ORDERS));
        for patient in &synthetics.patients {
            assert!(patient.drafts.iter().all(|draft| orders.contains(draft)), "{}", patient.slug);
            assert!(synthetics.patient(&patient.slug).is_some());
        }
        assert!(synthetics.order("knee-brace").is_some());
        assert!(
            synthetics.patient("index").is_none() && synthetics.patient("../orders/knee-brace").is_none()
        );
    }
}
