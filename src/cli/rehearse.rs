//! `gaitkeeper rehearse`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{KnowledgeAt, Outcome, print, read};
use crate::rehearsal::{Rehearsal, request_of_record};
use crate::wire::Hook;

/// Print the body of the hook call that an EHR would make for a patient record, for `curl`.
#[derive(Debug, Args)]
pub(super) struct Rehearse {
    /// A patient's record as one FHIR Bundle.
    file: PathBuf,
    /// The hook.
    #[arg(long, value_name = "HOOK", default_value = "patient-view")]
    hook: Hook,
    /// A draft order (a FHIR resource); may be repeated.
    #[arg(long, value_name = "FILE")]
    draft: Vec<PathBuf>,
    /// Who is looking.
    #[arg(long, value_name = "TYPE/ID", default_value = "Practitioner/rehearsal")]
    user: String,
    #[command(flatten)]
    at: KnowledgeAt,
}

impl Rehearse {
    pub(super) fn run(self) -> Outcome {
        let knowledge = self.at.load()?;
        let service = knowledge.services.iter().find(|service| service.hook == self.hook);
        let service = service.ok_or_else(|| format!("no service is called by `{}`", self.hook))?;
        let record = read(&self.file)?;
        let drafts = self.draft.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let body = request_of_record(&record, &Rehearsal { service, user: &self.user, drafts: &drafts })?;
        print(&format!("{}\n", String::from_utf8_lossy(&body)))?;
        Ok(ExitCode::SUCCESS)
    }
}
