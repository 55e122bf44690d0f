//! `gaitkeeper token`

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use time::Duration;

use super::{FileError, Outcome, print, read};
use crate::auth::mint::TestKey;
use crate::clock::Clock;
use crate::config::TEST_ISSUER;

/// Print a token for trying a service with client authentication. Only a sandbox accepts it.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// The file with the throw-away key; it is made where it is not there.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Print the `[[clients]]` table that a sandbox needs to accept the tokens, in place of a token.
    #[arg(long)]
    client: bool,
    /// The service that is to be called; discovery where left out.
    #[arg(long, value_name = "ID")]
    service: Option<String>,
    /// Where the service is reached: its `server.public_url`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// What `tenant` is to be.
    #[arg(long)]
    tenant: Option<String>,
    /// How many minutes the token is good for.
    #[arg(long, value_name = "N", default_value_t = 5)]
    minutes: u16,
}

impl Token {
    pub(super) fn run(self) -> Outcome {
        let key = if self.key.exists() { TestKey::read(&read(&self.key)?)? } else { new_key(&self.key)? };
        if self.client {
            print(&format!(
                "[[clients]]\nname = \"test-client\"\nissuer = \"{TEST_ISSUER}\"\ndialect = \"sandbox\"\n\
                 key_set = '{}'\n",
                key.key_set()
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut audience = format!("{}/cds-services", self.url.trim_end_matches('/'));
        if let Some(service) = &self.service {
            audience.push('/');
            audience.push_str(service);
        }
        let life = Duration::minutes(i64::from(self.minutes));
        let token = key.token(&audience, self.tenant.as_deref(), Clock::System.now(), life)?;
        print(&format!("{token}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A new key in a file that nobody else reads.
fn new_key(path: &Path) -> Result<TestKey, Box<dyn std::error::Error>> {
    let key = TestKey::generate()?;
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(key.private()));
    written.map_err(|source| FileError { attempt: "writing", path: path.to_owned(), source })?;
    Ok(key)
}
