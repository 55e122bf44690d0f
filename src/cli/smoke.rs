//! `gaitkeeper smoke`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{KnowledgeAt, Outcome, read};
use crate::auth::mint::TestKey;
use crate::clock::Clock;
use crate::rehearsal::{Rehearsal, Synthetics, request_of_record, shift_dates};
use crate::wire::Hook;

/// A contrast agent that would do harm: no site has a reason to switch this card off.
const PATIENT: &str = "renal-egfr-29";
const ORDER: &str = "mra-leg-with-contrast";
const HOOK: Hook = Hook::OrderSign;
const PATIENCE: Duration = Duration::from_secs(15);
const LIFE: time::Duration = time::Duration::minutes(2);

/// Call a running service with a synthetic patient and say whether it answers as it should.
#[derive(Debug, Args)]
pub(super) struct Smoke {
    /// Where the service is reached from here.
    #[arg(long, value_name = "URL")]
    url: String,
    /// What should happen: without a token a refusal, with one a card.
    #[arg(long, value_enum)]
    expect: Expected,
    /// Where clients reach it (`server.public_url`), which the token names; as `--url` where left out.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// `issuer` of the client that this command is.
    #[arg(long, value_name = "ISS", required_if_eq("expect", "card"))]
    issuer: Option<String>,
    /// The file with the private key of that client, as `gaitkeeper token --key` makes it.
    #[arg(long, value_name = "FILE", required_if_eq("expect", "card"))]
    key: Option<PathBuf>,
    #[command(flatten)]
    at: KnowledgeAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Expected {
    /// 401 without a token.
    Refusal,
    /// 200 and a card with one.
    Card,
}

impl Smoke {
    pub(super) fn run(self) -> Outcome {
        let now = Clock::System.now();
        let knowledge = self.at.load()?;
        let service = knowledge.services.iter().find(|service| service.hook == HOOK);
        let service = service.ok_or_else(|| format!("no service is called by `{HOOK}`"))?;
        let path = format!("/cds-services/{}", service.id);
        let synthetics = Synthetics::embedded()?;
        let record = synthetics.patient(PATIENT).ok_or("the synthetic patient is not in the binary")?;
        let order = synthetics.order(ORDER).ok_or("the synthetic order is not in the binary")?;
        let drafts = [order.as_bytes().to_vec()];
        let rehearsal = Rehearsal { service, user: "Practitioner/smoke", drafts: &drafts };
        let body = String::from_utf8(request_of_record(record.as_bytes(), &rehearsal)?)?;
        let body = shift_dates(&body, (now.date() - synthetics.as_of).whole_days());

        let token = match (self.expect, &self.issuer, &self.key) {
            (Expected::Card, Some(issuer), Some(key)) => {
                let reached = self.public_url.as_deref().unwrap_or(&self.url).trim_end_matches('/');
                let key = TestKey::read(&read(key)?)?;
                Some(key.token_from(issuer, &format!("{reached}{path}"), None, now, LIFE)?)
            }
            _ => None,
        };
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (status, answer) = runtime.block_on(call(&url, token, body))?;
        let (well, told) = verdict(self.expect, status, &answer);
        println!("{}: {told}", if well { "ok" } else { "FAILED" });
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn call(url: &str, token: Option<String>, body: String) -> Result<(u16, Value), reqwest::Error> {
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let mut request = http.post(url).header("content-type", "application/json").body(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let answer = answer.bytes().await?;
    Ok((status, serde_json::from_slice(&answer).unwrap_or_default()))
}

/// Is this as it should be, and what was it?
fn verdict(expected: Expected, status: u16, answer: &Value) -> (bool, String) {
    match expected {
        Expected::Refusal => (status == 401, format!("a call without a token is answered with {status}")),
        Expected::Card => {
            let cards = answer.get("cards").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let code = |card: &'_ Value| card.pointer("/source/topic/code")?.as_str().map(str::to_owned);
            let codes: Vec<String> = cards.iter().filter_map(code).collect();
            let told = match codes.as_slice() {
                [] if status == 200 => {
                    "answered without a card; does `knowledge.minimum_review` let anything be shown?"
                        .to_owned()
                }
                [] => format!("the call is answered with {status}; the log of the service says why"),
                codes => format!("the call brings {}", codes.join(", ")),
            };
            (status == 200 && !codes.is_empty(), told)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_expected_is_well() {
        let card = json!({ "cards": [{ "source": { "topic": { "code": "PIT07" } } }] });
        for (expected, status, answer, well) in [
            (Expected::Refusal, 401, json!({}), true),
            (Expected::Refusal, 200, card.clone(), false),
            (Expected::Refusal, 503, json!({}), false),
            (Expected::Card, 200, card.clone(), true),
            (Expected::Card, 500, card, false),
            (Expected::Card, 200, json!({ "cards": [] }), false),
            (Expected::Card, 200, json!({ "cards": [{}] }), false),
            (Expected::Card, 401, json!({}), false),
            (Expected::Card, 200, Value::Null, false),
        ] {
            assert_eq!(verdict(expected, status, &answer).0, well, "{expected:?} {status} {answer}");
        }
    }
}
