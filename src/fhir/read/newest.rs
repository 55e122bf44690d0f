//! The order of results in time.

use std::cmp::Reverse;

use time::{OffsetDateTime, UtcOffset};

use crate::chart::{ResourceRef, When};

/// By what results are put in order: when each was true, when it was released, and where it stands.
type Dated<'r> = (When, Option<When>, &'r ResourceRef);

/// Newest first; results of the same time by release, then by name, so that the order never depends on the client.
///
/// What a result is compared by is worked out once for each: a chart may have thousands of one fact.
/// `sort_by_cached_key` does that too, with a copy of each name.
pub(super) fn newest_first<T>(results: &mut Vec<T>, dated: impl Fn(&T) -> Dated<'_>) {
    if results.len() < 2 {
        return;
    }
    // Days without a clock are taken to be those of the zone that the others are written in.
    let zone =
        results.iter().find_map(|one| dated(one).0.instant()).map_or(UtcOffset::UTC, OffsetDateTime::offset);
    let moment = |when: When| {
        let (moment, has_clock) = when.sort_key(zone);
        (moment.unix_timestamp(), moment.nanosecond(), has_clock)
    };
    let keys = results.iter().enumerate().map(|(place, one)| {
        let (when, issued, source) = dated(one);
        (Reverse((moment(when), issued.map(moment))), source, place)
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    let places: Vec<usize> = keys.into_iter().map(|(_, _, place)| place).collect();
    let mut each: Vec<Option<T>> = std::mem::take(results).into_iter().map(Some).collect();
    results.extend(places.into_iter().filter_map(|place| each.get_mut(place)?.take()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stands_first_whatever_was_sent_first() {
        // When, issued, name: from the newest.
        let expected = [
            ("2025-06-02T01:00:00.5-05:00", None, "a half second later"),
            ("2025-06-02T08:00:00+02:00", Some("2025-06-03"), "b released later"),
            ("2025-06-02T06:00:00Z", Some("2025-06-02"), "c"),
            ("2025-06-02T01:00:00-05:00", Some("2025-06-02"), "d by name"),
            ("2025-06-02T06:00:00Z", None, "a no release"),
            ("2025-06-01", None, "e a day that begins before"),
            ("2025", None, "f a year that begins long before"),
        ];
        let parsed = |text| When::parse(text).unwrap();
        let results = expected.map(|(when, issued, name)| {
            (parsed(when), issued.map(parsed), ResourceRef::new("Observation", name))
        });
        let mut sent = results.to_vec();
        for _ in 0..sent.len() {
            sent.rotate_left(1);
            let mut sorted = sent.clone();
            newest_first(&mut sorted, |(when, issued, source)| (*when, *issued, source));
            assert_eq!(sorted, results);
        }
    }

    #[test]
    fn what_cannot_be_told_apart_stays_as_it_was_sent() {
        let when = When::parse("2025-06-02").unwrap();
        for sent in [vec![], vec![1], vec![2, 1, 3]] {
            let mut results: Vec<_> =
                sent.iter().map(|number| (*number, ResourceRef::new("Observation", "a"))).collect();
            newest_first(&mut results, |(_, source)| (when, None, source));
            let sorted: Vec<i32> = results.iter().map(|(number, _)| *number).collect();
            assert_eq!(sorted, sent);
        }
    }
}
