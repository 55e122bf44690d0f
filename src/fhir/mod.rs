//! Acquiring a chart over FHIR R4 and reading it into clinical facts.
//!
//! Reading cannot fail: it returns facts and gaps. It never sees a rule; it is handed a [`ReadPlan`].

pub mod acquire;
mod concept;
pub mod derive;
pub mod drafts;
pub mod fetch;
pub mod identity;
mod json;
pub mod need;
pub mod plan;
pub mod read;
mod reference;

pub use acquire::{Acquired, Ask, Supply, from_prefetch, supply_of};
pub use drafts::{Draft, Drafts};
pub use fetch::{FetchPolicy, Fetcher, Gathered, Token, Wanted};
pub use identity::PatientMismatch;
pub use need::{Gives, Need};
pub use plan::ReadPlan;
pub use read::{Subject, chart};
