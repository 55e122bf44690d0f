//! Acquiring a chart over FHIR R4 and reading it into clinical facts.
//!
//! Reading cannot fail: it returns facts and gaps. It never sees a rule; it is handed a [`ReadPlan`].

pub mod acquire;
mod answer;
mod concept;
pub mod derive;
pub mod drafts;
pub mod fetch;
pub mod identity;
mod json;
mod key_names;
pub mod need;
pub mod plan;
pub mod read;
mod reference;
pub mod resource;

pub use acquire::{Acquired, Ask, Supply, from_prefetch, supply_of};
pub use answer::Answer;
pub use drafts::{Draft, Drafts};
pub use fetch::{FetchPolicy, Fetcher, Gathered, Token, Wanted};
pub use identity::PatientMismatch;
pub use key_names::KeyNames;
pub use need::{Gives, Need};
pub use plan::ReadPlan;
pub use read::{Subject, chart};
pub use resource::Resource;
