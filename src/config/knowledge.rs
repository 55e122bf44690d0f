//! Where the clinical knowledge is.

use std::path::PathBuf;

use super::layers::Layers;
use super::value::{Setting, Value};

/// Section `knowledge`.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// Folder of the package; none: the package inside the binary.
    pub dir: Option<PathBuf>,
    /// Folder of the site's overlay.
    pub overlay: Option<PathBuf>,
    /// How far the review of a topic must have come for it to be shown.
    pub minimum_review: MinimumReview,
}

/// How far a review must have come, in the words of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinimumReview {
    /// Written.
    Submitted,
    /// Being looked at.
    UnderReview,
    /// Approved by a clinician.
    Approved,
}

impl Setting for MinimumReview {
    fn read(value: &Value) -> Result<MinimumReview, String> {
        match String::read(value)?.as_str() {
            "submitted" => Ok(MinimumReview::Submitted),
            "under-review" => Ok(MinimumReview::UnderReview),
            "approved" => Ok(MinimumReview::Approved),
            other => Err(format!("expects `submitted`, `under-review` or `approved`, not `{other}`")),
        }
    }
}

impl Knowledge {
    pub(super) fn read(layers: &mut Layers) -> Option<Knowledge> {
        let mut folder = |key| {
            let dir: Option<String> = layers.read(key);
            dir.map(|dir| Some(dir).filter(|dir| !dir.is_empty()).map(PathBuf::from))
        };
        let (dir, overlay) = (folder("knowledge.dir"), folder("knowledge.overlay"));
        let minimum_review = layers.read("knowledge.minimum_review");
        Some(Knowledge { dir: dir?, overlay: overlay?, minimum_review: minimum_review? })
    }
}
