//! `gaitkeeper explain`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time, UtcOffset};

use super::{KnowledgeAt, Outcome, print, read};
use crate::clock::Clock;
use crate::pipeline::{self, Setting};
use crate::rehearsal::{Rehearsal, request_of_record};
use crate::report::Report;
use crate::wire::{Hook, Text};

/// Say for a hook call or a patient record what every rule makes of it, and why.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The body of a hook call, or a patient's record as one FHIR Bundle.
    file: PathBuf,
    /// The hook to rehearse with a record.
    #[arg(long, value_name = "HOOK", default_value = "patient-view")]
    hook: Hook,
    /// A draft order (a FHIR resource) to rehearse with a record; may be repeated.
    #[arg(long, value_name = "FILE")]
    draft: Vec<PathBuf>,
    /// Who is looking, for a record.
    #[arg(long, value_name = "TYPE/ID", default_value = "Practitioner/explain")]
    user: String,
    /// The day to judge on (YYYY-MM-DD); today where left out.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Only these rules.
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    #[command(flatten)]
    at: KnowledgeAt,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What tells a hook call from a record.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    hook: Option<Text<'a>>,
}

impl Explain {
    pub(super) fn run(self) -> Outcome {
        let knowledge = self.at.load()?;
        let file = read(&self.file)?;
        let head: Head<'_> =
            serde_json::from_slice(&file).map_err(|error| format!("the file is not JSON: {error}"))?;
        let hook: Hook = match &head.hook {
            Some(hook) => hook.as_ref().parse()?,
            None => self.hook,
        };
        let service = knowledge.services.iter().find(|service| service.hook == hook);
        let service = service.ok_or_else(|| format!("no service is called by `{hook}`"))?;
        let body = match head.hook {
            Some(_) => file,
            None => {
                let drafts = self.draft.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
                request_of_record(&file, &Rehearsal { service, user: &self.user, drafts: &drafts })?
            }
        };
        let setting =
            Setting { knowledge: &knowledge, now: self.now()?, public_url: "http://127.0.0.1:8080" };
        let report = pipeline::travel(&setting, &service.id, &body, |journey| {
            Report::of(&knowledge, &journey, setting.now, &self.rule)
        })?;
        match self.format {
            Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?,
            Format::Text => print(&report.to_string())?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn now(&self) -> Result<OffsetDateTime, Box<dyn std::error::Error>> {
        let Some(day) = &self.as_of else { return Ok(Clock::System.now()) };
        let day = Date::parse(day, format_description!("[year]-[month]-[day]"))
            .map_err(|error| format!("reading `--as-of {day}`: {error}"))?;
        Ok(OffsetDateTime::new_in_offset(day, Time::MIDNIGHT, UtcOffset::UTC))
    }
}
