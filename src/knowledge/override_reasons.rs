//! Reasons for not following a card, checked.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::files::OverrideReasonsFile;
use super::problem::Ledger;
use crate::wire::Coding;

/// The file.
pub(super) const FILE: &str = "override-reasons.yaml";
/// A list that fits a menu.
const MOST: usize = 10;

/// HL7 codes of reasons why a recommendation is not followed.
const NON_ADHERENCE: &str = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes";
/// The code system as published (CDS Hooks 3.0, trial use), both levels.
const CODES_OF_NON_ADHERENCE: &[&str] = &[
    "patient-ineligible",
    "indication-order-exists",
    "action-completed",
    "action-unsuccessful",
    "action-performed-no-adverse-effect",
    "action-not-priority",
    "cds-suboptimal-context",
    "limited-time",
    "wrong-time-workflow",
    "inappropriate-recipient",
    "need-more-info",
    "recipient-disagrees-evidence",
    "does-not-align-latest-evidence",
    "expert-contradicts",
    "policy-contradicts",
    "recipient-does-not-trust",
    "recipient-concerns-outcomes",
    "risk-benefit-ratio",
    "mitigate-risk-negative-outcome",
    "likely-negative-health-outcomes",
    "patient-contraindication",
    "does-not-align-preferences",
    "patient-fears-discomfort",
    "patient-does-not-want-change",
    "cultural-religious-reason",
    "prefers-alternative",
    "patient-refuses",
    "not-convenient-feasible",
    "inadequate-support",
    "service-not-available",
    "implementation-challenges",
    "too-costly-uncovered",
    "recipient-does-not-understand",
    "comorbidity-disability",
    "cds-not-applicable",
];

/// The codings of the list, with every mistake noted.
pub(super) fn compile(file: Option<OverrideReasonsFile>, ledger: &mut Ledger) -> Arc<[Coding]> {
    let Some(file) = file else { return Arc::default() };
    if file.reasons.is_empty() || file.reasons.len() > MOST {
        ledger.note(FILE, 0, format!("must hold 1 to {MOST} reasons, not {}", file.reasons.len()));
    }
    if !file.system.contains(':') || file.system.contains(char::is_whitespace) {
        ledger.note(FILE, 0, format!("`{}` is not the URI of a code system", file.system));
    }
    let mut seen = BTreeSet::new();
    for reason in &file.reasons {
        if file.system == NON_ADHERENCE && !CODES_OF_NON_ADHERENCE.contains(&reason.code.as_str()) {
            ledger.unknown::<()>(FILE, &reason.code, "code of its system");
        }
        if !seen.insert(reason.code.as_str()) {
            ledger.note(FILE, reason.code.line, format!("`{}` is there twice", reason.code));
        }
        if reason.display.trim().is_empty() {
            ledger.note(FILE, reason.code.line, format!("`{}` has no display", reason.code));
        }
    }
    let codings = file.reasons.iter().map(|reason| Coding {
        code: reason.code.text.clone(),
        system: file.system.clone(),
        display: Some(reason.display.clone()),
    });
    codings.collect()
}
