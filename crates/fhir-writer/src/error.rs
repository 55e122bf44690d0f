//! Why a resource could not be written.

/// Why a resource could not be written. Names the FHIR element, never its content: contents can be patient data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A required element is absent or blank.
    #[error("{element} is missing or blank")]
    Missing {
        /// FHIR path.
        element: &'static str,
    },
    /// A text breaks the rules of its FHIR type (`id`, `code`, `uri`).
    #[error("{element} is not well formed")]
    Malformed {
        /// FHIR path.
        element: &'static str,
    },
    /// Not a reference, or one to a type of resource that does not belong here.
    #[error("{element} is not a reference to a resource of a fitting type")]
    Reference {
        /// FHIR path.
        element: &'static str,
    },
    /// Not a finite number above zero, or a maximum below its minimum.
    #[error("{element} is not a finite number above zero, or a maximum below its minimum")]
    Number {
        /// FHIR path.
        element: &'static str,
    },
    /// Neither `YYYY`, `YYYY-MM`, `YYYY-MM-DD` nor a date with time, seconds and zone.
    #[error("{element} is not a FHIR date or dateTime")]
    Date {
        /// FHIR path.
        element: &'static str,
    },
    /// A period that ends before it starts.
    #[error("{element} ends before it starts")]
    Reversed {
        /// FHIR path.
        element: &'static str,
    },
    /// It could not be written as JSON.
    #[error("the resource cannot be written as JSON")]
    Json(#[source] serde_json::Error),
}
