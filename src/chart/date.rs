//! Dates as charts hold them: a year, a month, a day or an instant, never more than was written.

use std::fmt;

use time::macros::format_description;
use time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset};

use super::Truth;

/// A FHIR `date`, `dateTime` or `instant`, kept as the days it may mean.
///
/// `2025` may be any day of that year, so `first` and `last` differ; an instant keeps its moment as well.
/// Days are calendar days in the offset that was written, because windows and ages count calendar days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct When {
    first: Date,
    last: Date,
    instant: Option<OffsetDateTime>,
}

/// The text is not a FHIR `date`, `dateTime` or `instant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a FHIR date or dateTime")]
pub struct UnreadableDate;

impl When {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or `YYYY-MM-DDThh:mm[:ss[.fff]](Z|±hh:mm)`.
    ///
    /// A time without a zone is not valid FHIR; its day is still readable and is all that is kept.
    ///
    /// # Errors
    /// Anything else, including days that do not exist (`2025-02-30`).
    pub fn parse(text: &str) -> Result<When, UnreadableDate> {
        let text = text.trim();
        let (day, clock) = match text.as_bytes().get(10) {
            Some(b'T') => (text.get(..10).ok_or(UnreadableDate)?, text.get(11..)),
            _ => (text, None),
        };
        let part = |at: usize, length: usize| digits(day.get(at..at + length), length);
        let dashes = |at: &[usize]| at.iter().all(|at| day.as_bytes().get(*at) == Some(&b'-'));
        let (year, month, date) = match day.len() {
            4 => (part(0, 4)?, None, None),
            7 if dashes(&[4]) => (part(0, 4)?, Some(part(5, 2)?), None),
            10 if dashes(&[4, 7]) => (part(0, 4)?, Some(part(5, 2)?), Some(part(8, 2)?)),
            _ => return Err(UnreadableDate),
        };
        let year = i32::try_from(year).map_err(|_| UnreadableDate)?;
        let (first, last) = match (month, date) {
            (None, _) => (calendar(year, 1, 1)?, calendar(year, 12, 31)?),
            (Some(month), None) => {
                let first = calendar(year, month, 1)?;
                let days = first.month().length(year);
                (first, calendar(year, month, u32::from(days))?)
            }
            (Some(month), Some(date)) => {
                let day = calendar(year, month, date)?;
                (day, day)
            }
        };
        let instant = match clock {
            Some(clock) => moment(first, clock)?,
            None => None,
        };
        Ok(When { first, last, instant })
    }

    /// The moment, where one was written.
    #[must_use]
    pub fn instant(&self) -> Option<OffsetDateTime> {
        self.instant
    }

    /// The first day it may mean.
    #[must_use]
    pub fn first(&self) -> Date {
        self.first
    }

    /// The last day it may mean.
    #[must_use]
    pub fn last(&self) -> Date {
        self.last
    }

    /// Is it more than `days` days before `today`? Unknown where only a month or a year was written and the limit
    /// falls inside it.
    #[must_use]
    pub fn older_than(&self, days: i64, today: Date) -> Truth {
        // Not `Duration::days`, which panics beyond what seconds can count.
        let limit = today.saturating_sub(Duration::seconds(days.saturating_mul(86_400)));
        if self.last < limit {
            Truth::True
        } else if self.first >= limit {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    /// Days from it to `today`, as the fewest and the most they may be. Negative for the future.
    #[must_use]
    pub fn days_until(&self, today: Date) -> (i64, i64) {
        ((today - self.last).whole_days(), (today - self.first).whole_days())
    }

    /// Does what was written leave open which of the two came first? Only where a day is missing in one of them.
    #[must_use]
    pub fn overlaps(&self, other: &When) -> bool {
        let is_a_day = |when: &When| when.first == when.last;
        !(is_a_day(self) && is_a_day(other)) && self.last >= other.first && other.last >= self.first
    }

    /// The order of results in time: by moment, whatever zone each was written in. A bare day begins with the first
    /// moment of that day in `zone`, and sorts before it.
    #[must_use]
    pub fn sort_key(&self, zone: UtcOffset) -> (OffsetDateTime, bool) {
        match self.instant {
            Some(instant) => (instant, true),
            None => (OffsetDateTime::new_in_offset(self.first, Time::MIDNIGHT, zone), false),
        }
    }
}

impl From<Date> for When {
    fn from(day: Date) -> When {
        When { first: day, last: day, instant: None }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            let day =
                self.first.format(format_description!("[year]-[month]-[day]")).map_err(|_| fmt::Error)?;
            f.write_str(&day)
        } else if self.first.month() == self.last.month() {
            write!(f, "{:04}-{:02}", self.first.year(), u8::from(self.first.month()))
        } else {
            write!(f, "{:04}", self.first.year())
        }
    }
}

fn digits(part: Option<&str>, length: usize) -> Result<u32, UnreadableDate> {
    let part = part.ok_or(UnreadableDate)?;
    if part.len() != length || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UnreadableDate);
    }
    Ok(part.bytes().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn calendar(year: i32, month: u32, day: u32) -> Result<Date, UnreadableDate> {
    let month =
        u8::try_from(month).ok().and_then(|month| Month::try_from(month).ok()).ok_or(UnreadableDate)?;
    let day = u8::try_from(day).map_err(|_| UnreadableDate)?;
    Date::from_calendar_date(year, month, day).map_err(|_| UnreadableDate)
}

/// The moment named by `hh:mm[:ss[.fff]](Z|±hh:mm)`; `None` where the zone is missing.
fn moment(day: Date, clock: &str) -> Result<Option<OffsetDateTime>, UnreadableDate> {
    let two = |text: &str, at: usize| {
        let number = digits(text.get(at..at + 2), 2)?;
        u8::try_from(number).map_err(|_| UnreadableDate)
    };
    let colon = |text: &str, at: usize| text.as_bytes().get(at) == Some(&b':');
    let (hour, minute) = (two(clock, 0)?, two(clock, 3)?);
    let rest = clock.get(5..).filter(|_| colon(clock, 2)).ok_or(UnreadableDate)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(seconds) => (two(seconds, 0)?, seconds.get(2..).unwrap_or_default()),
        None => (0, rest),
    };
    let (nanos, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
            let (fraction, zone) = rest.split_at_checked(end).filter(|_| end > 0).ok_or(UnreadableDate)?;
            let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
            (nanos.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0')), zone)
        }
        None => (0, rest),
    };
    let time = Time::from_hms_nano(hour, minute, second, nanos).map_err(|_| UnreadableDate)?;
    let sign: i8 = match zone.as_bytes().first() {
        None => return Ok(None),
        Some(b'Z' | b'z') if zone.len() == 1 => {
            return Ok(Some(OffsetDateTime::new_in_offset(day, time, UtcOffset::UTC)));
        }
        Some(b'+') if zone.len() == 6 && colon(zone, 3) => 1,
        Some(b'-') if zone.len() == 6 && colon(zone, 3) => -1,
        _ => return Err(UnreadableDate),
    };
    let part = |at| i8::try_from(two(zone, at)?).map_err(|_| UnreadableDate);
    let offset = UtcOffset::from_hms(sign * part(1)?, sign * part(4)?, 0).map_err(|_| UnreadableDate)?;
    Ok(Some(OffsetDateTime::new_in_offset(day, time, offset)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn what_is_written_is_what_is_kept() {
        for (text, shown) in [
            ("2024", "2024"),
            ("2024-02", "2024-02"),
            ("2024-02-29", "2024-02-29"),
            ("2024-05-06T10:11:12Z", "2024-05-06"),
            ("2024-05-06T10:11:12.123456789123+02:00", "2024-05-06"),
            ("2024-05-06T10:11-08:00", "2024-05-06"),
            ("2024-05-06T10:11:12", "2024-05-06"),
        ] {
            assert_eq!(When::parse(text).map(|when| when.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_an_error() {
        for text in [
            "",
            "24",
            "99999",
            "not a date",
            "05/06/2024",
            "2024-13-01",
            "2024-02-30",
            "2024-5-6",
            "-0044",
            "2024-05-06T",
            "2024-05-06T24:00:00Z",
            "2024-05-06T10:11:60Z",
            "2024-05T10:11:12Z",
            "2024-05-06T10:11:12+2:00",
            "2024-05-06T10:11:12.Z",
            "２０２４",
        ] {
            assert_eq!(When::parse(text), Err(UnreadableDate), "{text}");
        }
    }

    #[test]
    fn a_bare_year_is_older_only_where_every_day_of_it_is() {
        let today = date!(2026 - 03 - 01);
        let year = When::parse("2025").unwrap();
        assert_eq!(year.older_than(30, today), Truth::True);
        assert_eq!(year.older_than(90, today), Truth::Unknown);
        assert_eq!(year.older_than(500, today), Truth::False);
    }

    #[test]
    fn the_limit_itself_is_not_older() {
        let today = date!(2026 - 03 - 01);
        let day = When::parse("2025-12-01").unwrap();
        assert_eq!(day.older_than(90, today), Truth::False);
        assert_eq!(day.older_than(89, today), Truth::True);
    }

    #[test]
    fn instants_are_ordered_across_zones() {
        let early = When::parse("2025-01-01T10:00:00+02:00").unwrap();
        let late = When::parse("2025-01-01T09:00:00Z").unwrap();
        assert!(early.sort_key(UtcOffset::UTC) < late.sort_key(UtcOffset::UTC));
    }

    /// The evening before in the west is later than the same night in the east: sorted by the written day, it was not.
    #[test]
    fn instants_are_ordered_by_the_moment_and_not_by_the_day_they_are_written_with() {
        let west = UtcOffset::from_hms(-5, 0, 0).unwrap();
        let at = |text: &str| When::parse(text).unwrap().sort_key(west);
        assert!(at("2026-11-22T00:30:00Z") < at("2026-11-21T23:00:00-05:00"));
        assert!(at("2026-11-21T23:00:00-05:00") < at("2026-11-22"), "a bare day is one of the same zone");
        assert!(at("2026-11-22") < at("2026-11-22T00:00:00-05:00"));
    }

    /// Found by fuzzing: such a window would have stopped every call.
    #[test]
    fn a_window_of_more_days_than_time_has_is_no_panic() {
        let (when, today) = (When::parse("2026-01-01").unwrap(), date!(2026 - 03 - 01));
        assert_eq!(when.older_than(i64::MAX, today), Truth::False);
        assert_eq!(when.older_than(i64::MIN, today), Truth::True);
    }
}
