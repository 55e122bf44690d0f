//! `gaitkeeper export`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{FileError, KnowledgeAt, Outcome, print};
use crate::app;
use crate::knowledge::catalogue::catalogue;
use crate::knowledge::schema::schemas;

/// Write what is generated from the knowledge.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// JSON Schemas of the knowledge files, for editors.
    Schemas {
        /// The folder to write to.
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// The catalogue: every row of the clinical specification, and what became of it.
    Catalogue {
        #[command(flatten)]
        at: KnowledgeAt,
    },
    /// The discovery document, as an EHR that does not read it needs it typed in.
    Discovery {
        #[command(flatten)]
        at: KnowledgeAt,
    },
}

impl Export {
    pub(super) fn run(self) -> Outcome {
        match self.what {
            What::Schemas { to } => {
                std::fs::create_dir_all(&to).map_err(|source| FileError {
                    attempt: "making",
                    path: to.clone(),
                    source,
                })?;
                for (name, schema) in schemas() {
                    write(&to.join(name), &format!("{}\n", serde_json::to_string_pretty(&schema)?))?;
                }
            }
            What::Catalogue { at } => print(&catalogue(&at.load()?))?,
            What::Discovery { at } => {
                let discovery = app::discovery(&at.load()?)?;
                print(&format!("{}\n", serde_json::to_string_pretty(&discovery)?))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write(path: &Path, text: &str) -> Result<(), FileError> {
    std::fs::write(path, text).map_err(|source| FileError {
        attempt: "writing",
        path: path.to_owned(),
        source,
    })
}
