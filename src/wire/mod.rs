//! The CDS Hooks 2.0 request and response, as they stand on the wire.
//!
//! Requests are read leniently and borrowed from the body: unknown members are ignored at every level, and the
//! FHIR resources inside stay raw slices. Responses are written strictly: an optional member without a value is
//! left out, never `null` or empty.

mod context;
mod discovery;
mod feedback;
mod object;
mod request;
mod response;

pub(crate) use context::is_id;
pub use context::{Context, UserType};
pub use discovery::{Discovery, ServiceEntry};
pub use feedback::{FeedbackError, FeedbackItem, FeedbackOutcome, read_feedback};
pub use object::{List, Members, Object};
pub(crate) use object::{lists_are, objects_are, scalars_are};
pub use request::{Call, FhirAuthorization, RequestError, Text, members};
pub use response::{
    Action, ActionType, Card, Coding, Indicator, Link, LinkType, Response, SelectionBehavior, Source,
    Suggestion,
};

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The hooks that this service knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// A chart is opened.
    PatientView,
    /// An order is chosen and not yet complete.
    OrderSelect,
    /// Orders are about to be signed.
    OrderSign,
    /// A problem is added to the problem list.
    ProblemListItemCreate,
    /// An encounter is about to end.
    EncounterDischarge,
}

impl Hook {
    /// All of them.
    pub const ALL: [Hook; 5] = [
        Hook::PatientView,
        Hook::OrderSelect,
        Hook::OrderSign,
        Hook::ProblemListItemCreate,
        Hook::EncounterDischarge,
    ];

    /// The name in the hook library.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Hook::PatientView => "patient-view",
            Hook::OrderSelect => "order-select",
            Hook::OrderSign => "order-sign",
            Hook::ProblemListItemCreate => "problem-list-item-create",
            Hook::EncounterDischarge => "encounter-discharge",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Hook {
    type Err = UnknownHook;

    fn from_str(name: &str) -> Result<Hook, UnknownHook> {
        Hook::ALL.into_iter().find(|hook| hook.name() == name).ok_or(UnknownHook)
    }
}

/// The name is not that of a hook this service knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hook that is known here")]
pub struct UnknownHook;
