//! `matrix.yaml`: every row of the clinical specification.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;

/// The rows of the clinical specification, in its order.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MatrixFile {
    /// The rows.
    pub rows: Vec<MatrixRow>,
}

/// One row: a statement of this package, or a feature of the service.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MatrixRow {
    /// Its id; that of a statement, where it has no `feature`.
    pub id: Name,
    /// Where the service does it, where it is no statement.
    pub feature: Option<String>,
}
