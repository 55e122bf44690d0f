//! `gaitkeeper report`

mod page;

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use time::macros::format_description;
use time::{Date, Duration};

use super::{Outcome, print};
use crate::clock::Clock;
use crate::config::{self, Config, Overrides};
use crate::feedback::Store;
use crate::feedback::report::{self, CardLine};
use crate::knowledge::Knowledge;

/// Tell which cards help and which are noise.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The first day, such as 2026-03-01; 90 days ago where left out.
    #[arg(long, value_name = "DAY", value_parser = day)]
    since: Option<Date>,
    /// The last day; today where left out.
    #[arg(long, value_name = "DAY", value_parser = day)]
    until: Option<Date>,
    /// How it is written.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The database; that of the settings where left out.
    #[arg(long, value_name = "DATABASE")]
    database: Option<String>,
    /// A configuration file that is laid over the defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// One page for a committee, to read or to print.
    Html,
}

/// There is nothing to report on.
#[derive(Debug, thiserror::Error)]
#[error("no database is named: set `feedback.database` or give --database")]
struct NoDatabase;

fn day(text: &str) -> Result<Date, time::error::Parse> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
}

impl Report {
    pub(super) fn run(self) -> Outcome {
        let config = Config::load(self.config.as_deref(), config::environment(), &Overrides::default())?;
        let database = self.database.unwrap_or_else(|| config.feedback.database.clone());
        if database.is_empty() {
            return Err(NoDatabase.into());
        }
        let knowledge = Knowledge::load(&super::package(config.knowledge.dir.as_deref())?)?;
        let until = self.until.unwrap_or_else(|| Clock::System.now().date());
        let since = self.since.or_else(|| until.checked_sub(Duration::days(89))).unwrap_or(until);
        super::block_on(async move {
            let store = Store::existing(&database)?;
            let told = report::report(&store, since, until).await?;
            let text = match self.format {
                Format::Text => text(&told, &knowledge),
                Format::Json => format!("{}\n", serde_json::to_string_pretty(&told)?),
                Format::Csv => csv(&told)?,
                Format::Html => page::page(&told, &knowledge)?,
            };
            print(&text)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// What a card is about, where the package of today still has it.
fn title<'k>(knowledge: &'k Knowledge, card: &str) -> &'k str {
    let name = card.strip_suffix("-UNKNOWN").unwrap_or(card);
    let rule = knowledge.rules.iter().find(|rule| rule.name == name).map(|rule| rule.title.as_str());
    let group = || knowledge.groups.iter().find(|group| group.name == name).map(|group| group.title.as_str());
    rule.or_else(group).unwrap_or_default()
}

/// What a code of a reason says.
fn reason<'a>(knowledge: &'a Knowledge, code: &'a str) -> &'a str {
    if code.is_empty() {
        return "no reason given";
    }
    let known = knowledge.override_reasons.iter().find(|reason| reason.code == code);
    known.and_then(|reason| reason.display.as_deref()).unwrap_or(code)
}

/// A part of a whole in per cent, where there is a whole.
fn percent(part: i64, whole: i64) -> Option<i64> {
    part.checked_mul(100)?.checked_div(whole)
}

fn text(told: &report::Report, knowledge: &Knowledge) -> String {
    let mut text = format!("Cards from {} to {}, the noisiest first\n\n", told.since, told.until);
    let _ = writeln!(
        text,
        "{:<18}{:>8}{:>10}{:>12}{:>8}  accepted",
        "card", "shown", "accepted", "overridden", "silent"
    );
    for CardLine { card, shown, accepted, overridden, silent, reasons, .. } in &told.cards {
        let share = percent(*accepted, *shown).map_or_else(|| "–".to_owned(), |share| format!("{share} %"));
        let _ = writeln!(text, "{card:<18}{shown:>8}{accepted:>10}{overridden:>12}{silent:>8}  {share}");
        let _ = writeln!(text, "  {}", title(knowledge, card));
        for line in reasons {
            let _ = writeln!(text, "{:>8} × {}", line.number, reason(knowledge, &line.code));
        }
    }
    if told.cards.is_empty() {
        text.push_str("none\n");
    }
    for line in &told.trial {
        let _ = writeln!(
            text,
            "on trial: {} would have been shown {} times",
            line.card, line.would_have_been_shown
        );
    }
    if told.unknown > 0 {
        let _ = writeln!(text, "feedback on {} cards that are not known here", told.unknown);
    }
    text.push_str("\nweek of       shown  accepted  overridden\n");
    for week in &told.weeks {
        let _ = writeln!(
            text,
            "{:<12}{:>7}{:>10}{:>12}",
            week.monday, week.shown, week.accepted, week.overridden
        );
    }
    text
}

fn csv(told: &report::Report) -> Result<String, Box<dyn std::error::Error>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["card", "week", "shown", "accepted", "overridden"])?;
    for line in &told.cards {
        for week in &line.weeks {
            let numbers = [week.shown, week.accepted, week.overridden].map(|number| number.to_string());
            csv.write_record([&line.card, &week.monday].into_iter().chain(&numbers))?;
        }
    }
    Ok(String::from_utf8(csv.into_inner()?)?)
}
