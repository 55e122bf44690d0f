//! What feedback teaches: which cards help and which are noise.

use std::collections::BTreeMap;

use serde::Serialize;
use time::{Date, Duration};

use super::store::{OutcomeLine, ShownLine, Store, StoreError, day};

/// All that a report tells, the noisiest card first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The first day, in UTC.
    pub since: String,
    /// The last day.
    pub until: String,
    /// Every kind of card that was shown or told of.
    pub cards: Vec<CardLine>,
    /// Rules on trial: how often each would have fired.
    pub trial: Vec<TrialLine>,
    /// Feedback on cards that are none that is known here.
    pub unknown: i64,
    /// All cards week by week.
    pub weeks: Vec<Week>,
}

/// What became of the cards of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardLine {
    /// The rule or group.
    pub card: String,
    /// How often it was shown.
    pub shown: i64,
    /// How many had a suggestion accepted.
    pub accepted: i64,
    /// How many were dismissed.
    pub overridden: i64,
    /// How many nothing was told of.
    pub silent: i64,
    /// Shown and not accepted: what clinicians had to look at for nothing they wanted.
    pub noise: i64,
    /// Codes of reasons with their numbers, most frequent first; empty where none was given.
    pub reasons: Vec<ReasonLine>,
    /// The same week by week.
    pub weeks: Vec<Week>,
}

/// How often a reason was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonLine {
    /// Its code, empty where an override had no reason.
    pub code: String,
    /// How often.
    pub number: i64,
}

/// How often a rule on trial would have fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrialLine {
    /// The rule.
    pub card: String,
    /// How often.
    pub would_have_been_shown: i64,
}

/// One week, by its Monday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Week {
    /// Its Monday.
    pub monday: String,
    /// Cards shown.
    pub shown: i64,
    /// Cards with an accepted suggestion.
    pub accepted: i64,
    /// Cards dismissed.
    pub overridden: i64,
}

/// Reads a report on the days from `since` to `until`, both included.
///
/// # Errors
/// Where the database cannot be read.
pub async fn report(store: &Store, since: Date, until: Date) -> Result<Report, StoreError> {
    let days = day(since)..day(until) + 1;
    let (shown, outcomes) = (store.shown(days.clone()).await?, store.outcomes(days).await?);
    Ok(tell(&shown, &outcomes, since, until))
}

#[derive(Default)]
struct Tally {
    shown: i64,
    accepted: i64,
    overridden: i64,
    reasons: BTreeMap<String, i64>,
    /// By Monday: shown, accepted, overridden.
    weeks: BTreeMap<Date, [i64; 3]>,
}

fn tell(shown: &[ShownLine], outcomes: &[OutcomeLine], since: Date, until: Date) -> Report {
    let mut cards: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut all = Tally::default();
    let mut trial: BTreeMap<&str, i64> = BTreeMap::new();
    let mut unknown = 0;
    for line in shown {
        if line.trial {
            *trial.entry(&line.card).or_default() += line.number;
            continue;
        }
        for tally in [cards.entry(&line.card).or_default(), &mut all] {
            tally.shown += line.number;
            tally.week(line.day)[0] += line.number;
        }
    }
    for line in outcomes {
        let Some(card) = &line.card else {
            unknown += line.number;
            continue;
        };
        for tally in [cards.entry(card).or_default(), &mut all] {
            let [_, accepted, overridden] = tally.week(line.day);
            if line.outcome == "accepted" {
                *accepted += line.number;
                tally.accepted += line.number;
            } else {
                *overridden += line.number;
                tally.overridden += line.number;
                *tally.reasons.entry(line.reason.clone().unwrap_or_default()).or_default() += line.number;
            }
        }
    }
    let mut lines: Vec<CardLine> =
        cards.into_iter().map(|(card, tally)| tally.line(card, since, until)).collect();
    lines.sort_by(|a, b| b.noise.cmp(&a.noise).then_with(|| a.card.cmp(&b.card)));
    Report {
        since: since.to_string(),
        until: until.to_string(),
        cards: lines,
        trial: trial
            .into_iter()
            .map(|(card, number)| TrialLine { card: card.to_owned(), would_have_been_shown: number })
            .collect(),
        unknown,
        weeks: all.weeks(since, until),
    }
}

impl Tally {
    fn week(&mut self, day: i64) -> &mut [i64; 3] {
        let days = i32::try_from(day).unwrap_or_default();
        let date = Date::from_julian_day(days.saturating_add(2_440_588)).unwrap_or(Date::MIN);
        self.weeks.entry(monday(date)).or_default()
    }

    fn line(self, card: &str, since: Date, until: Date) -> CardLine {
        let weeks = self.weeks(since, until);
        let mut reasons: Vec<ReasonLine> =
            self.reasons.into_iter().map(|(code, number)| ReasonLine { code, number }).collect();
        reasons.sort_by(|a, b| b.number.cmp(&a.number).then_with(|| a.code.cmp(&b.code)));
        CardLine {
            card: card.to_owned(),
            shown: self.shown,
            accepted: self.accepted,
            overridden: self.overridden,
            // Feedback may come on a card that was shown before the first day.
            silent: (self.shown - self.accepted - self.overridden).max(0),
            noise: (self.shown - self.accepted).max(0),
            reasons,
            weeks,
        }
    }

    /// Every week of the days, also those in which nothing was shown.
    fn weeks(&self, since: Date, until: Date) -> Vec<Week> {
        let mondays = std::iter::successors(Some(monday(since)), |monday| monday.checked_add(Duration::WEEK));
        mondays
            .take_while(|monday| *monday <= until)
            .map(|monday| {
                let [shown, accepted, overridden] = self.weeks.get(&monday).copied().unwrap_or_default();
                Week { monday: monday.to_string(), shown, accepted, overridden }
            })
            .collect()
    }
}

fn monday(date: Date) -> Date {
    let back = Duration::days(i64::from(date.weekday().number_days_from_monday()));
    date.checked_sub(back).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn the_noisiest_card_comes_first_and_silence_is_counted() {
        let monday = day(date!(2026 - 03 - 02));
        let shown = |card: &str, trial, day, number| ShownLine { card: card.to_owned(), trial, day, number };
        let told = |card: Option<&str>, day, outcome: &str, reason: Option<&str>, number| OutcomeLine {
            card: card.map(str::to_owned),
            day,
            outcome: outcome.to_owned(),
            reason: reason.map(str::to_owned),
            number,
        };
        let report = tell(
            &[
                shown("QUIET", false, monday, 10),
                shown("LOUD", false, monday + 6, 30),
                shown("LOUD", false, monday + 7, 10),
                shown("TRIED", true, monday, 7),
            ],
            &[
                told(None, monday, "accepted", None, 3),
                told(Some("LOUD"), monday + 6, "overridden", Some("late"), 2),
                told(Some("LOUD"), monday + 7, "overridden", None, 5),
                told(Some("QUIET"), monday, "accepted", None, 9),
                // Shown before the first day.
                told(Some("EARLIER"), monday, "accepted", None, 1),
            ],
            date!(2026 - 03 - 03),
            date!(2026 - 03 - 10),
        );
        let lines: Vec<_> = report
            .cards
            .iter()
            .map(|line| {
                (line.card.as_str(), line.shown, line.accepted, line.overridden, line.silent, line.noise)
            })
            .collect();
        assert_eq!(
            lines,
            [("LOUD", 40, 0, 7, 33, 40), ("QUIET", 10, 9, 0, 1, 1), ("EARLIER", 0, 1, 0, 0, 0)]
        );
        let reasons: Vec<_> =
            report.cards[0].reasons.iter().map(|reason| (reason.code.as_str(), reason.number)).collect();
        assert_eq!(reasons, [("", 5), ("late", 2)]);
        assert_eq!(report.unknown, 3);
        assert_eq!(report.trial[0].would_have_been_shown, 7);
        let weeks: Vec<_> =
            report.weeks.iter().map(|week| (week.monday.as_str(), week.shown, week.overridden)).collect();
        assert_eq!(weeks, [("2026-03-02", 40, 2), ("2026-03-09", 10, 5)]);
    }
}
