//! JSON Schemas of the knowledge files, for editors.

use schemars::{Schema, schema_for};

use super::files::{
    CaseFile, FactsFile, MatrixFile, OrdersFile, OverlayFile, OverrideReasonsFile, PackageFile,
    ReferencesFile, RulesFile, ServicesFile, StatementsFile, SynonymsFile, ThresholdsFile,
};

/// Each schema with the name of its file.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("package.schema.json", schema_for!(PackageFile)),
        ("services.schema.json", schema_for!(ServicesFile)),
        ("facts.schema.json", schema_for!(FactsFile)),
        ("thresholds.schema.json", schema_for!(ThresholdsFile)),
        ("references.schema.json", schema_for!(ReferencesFile)),
        ("orders.schema.json", schema_for!(OrdersFile)),
        ("statements.schema.json", schema_for!(StatementsFile)),
        ("rules.schema.json", schema_for!(RulesFile)),
        ("override-reasons.schema.json", schema_for!(OverrideReasonsFile)),
        ("cases.schema.json", schema_for!(CaseFile)),
        ("overlay.schema.json", schema_for!(OverlayFile)),
        ("matrix.schema.json", schema_for!(MatrixFile)),
        ("synonyms.schema.json", schema_for!(SynonymsFile)),
    ]
}
