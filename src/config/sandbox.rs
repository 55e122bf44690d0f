//! The sandbox page.

use super::layers::Layers;

/// Section `sandbox`.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Is the page served?
    pub enabled: bool,
    /// May it be served outside this machine?
    pub allow_public: bool,
}

impl Sandbox {
    pub(super) fn read(layers: &mut Layers) -> Option<Sandbox> {
        let (enabled, allow_public) = (layers.read("sandbox.enabled"), layers.read("sandbox.allow_public"));
        let sandbox = Sandbox { enabled: enabled?, allow_public: allow_public? };
        if sandbox.allow_public && !sandbox.enabled {
            layers.problem_with("sandbox.allow_public", "is true and `sandbox.enabled` is not");
        }
        Some(sandbox)
    }
}
