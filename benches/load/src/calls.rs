//! The calls of a run, each in a file, where wrk reads it.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use gaitkeeper_bodies as bodies;
use tempfile::NamedTempFile;

/// The body of a call, in a file that goes with it.
pub(crate) struct Body {
    file: NamedTempFile,
    text: String,
}

impl Body {
    pub(crate) fn new(text: String) -> Result<Self> {
        let mut file = NamedTempFile::with_prefix("gaitkeeper-call-").context("making a file for a call")?;
        file.write_all(text.as_bytes()).context("writing a call")?;
        Ok(Self { file, text })
    }

    /// The large call: 300 Observations and 40 Conditions.
    pub(crate) fn large() -> Result<Self> {
        Self::new(bodies::patient_view(300, 40))
    }

    /// The small call.
    pub(crate) fn small() -> Result<Self> {
        Self::new(bodies::of_size(9_000))
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }
}
