//! `gaitkeeper feedback`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Outcome, print};
use crate::feedback::Store;
use crate::feedback::store::copy;

/// Look after the feedback database.
#[derive(Debug, Args)]
pub(super) struct Feedback {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Copy everything from one database to another; may be done again.
    Copy {
        /// A path, a `sqlite:` or a `postgres:` URL.
        #[arg(long, value_name = "DATABASE")]
        from: String,
        /// The same; its tables are made where they are missing.
        #[arg(long, value_name = "DATABASE")]
        to: String,
    },
}

impl Feedback {
    pub(super) fn run(self) -> Outcome {
        let Verb::Copy { from, to } = self.verb;
        super::block_on(async move {
            let (from, to) = (Store::existing(&from)?, Store::open(&to)?);
            from.migrate().await?;
            to.migrate().await?;
            let copied = copy(&from, &to).await?;
            print(&format!("{} items of feedback, {} numbers of cards\n", copied.feedback, copied.shown))?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
