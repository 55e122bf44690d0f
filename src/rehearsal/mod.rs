//! Hook calls without an EHR: made from a case of the knowledge, or from a patient's record as one Bundle.
//!
//! Both become the body that a client would send, and go the whole way that its call would go.

mod case;
mod mutation;
mod record;
mod shift;
mod synthetic;
mod verdict;

pub use case::{CaseError, request_of_case};
pub use mutation::{Fate, Mutation, MutationReport, mutate};
pub use record::{RecordError, Rehearsal, request_of_record};
pub use shift::shift_dates;
pub use synthetic::{SyntheticError, SyntheticOrder, SyntheticPatient, SyntheticProblem, Synthetics};
pub use verdict::{CaseVerdict, run_cases, run_cases_of_overlay};
