//! What the micro-benchmarks print, as divan prints it.

/// The benchmark of rules and rendering; its rows are kinds of charts.
const RULES_AND_RENDERING: &str = "evaluate_and_render";
/// The row of a chart that fires five cards.
pub(crate) const FIVE_CARDS: &str = "five cards";
/// The row of a chart that fires none.
pub(crate) const NO_CARD: &str = "no card";

/// Microseconds of rules and rendering, the median; none where there is no such row.
pub(crate) fn rules_and_rendering(printed: &str, chart: &str) -> Option<f64> {
    let rows = printed.lines().skip_while(|line| !is_named(line, RULES_AND_RENDERING)).skip(1);
    // The next benchmark begins at the margin.
    let mut rows = rows.take_while(|line| line.starts_with(['│', ' ']));
    let row = rows.find(|line| is_named(line, chart))?;
    // Fastest, slowest, median; the branches of the tree are drawn with the same bar.
    let (_, columns) = row.split_once(chart)?;
    let mut words = columns.split('│').nth(2)?.split_whitespace();
    let number: f64 = words.next()?.parse().ok()?;
    let micros = match words.next()? {
        "ns" => 1e-3,
        "µs" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => return None,
    };
    Some(number * micros)
}

/// Names are padded with blanks, and may hold one.
fn is_named(line: &str, name: &str) -> bool {
    let named = line.trim_start_matches(['│', '├', '╰', '─', ' ']);
    named.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
Timer precision: 20 ns
call                    fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ decode                             │               │               │               │         │
│  ├─ (5, 1)            9.709 µs      │ 48.63 µs      │ 9.949 µs      │ 10.71 µs      │ 100     │ 100
│  │                    930.1 MB/s    │ 185.7 MB/s    │ 907.6 MB/s    │ 843 MB/s      │         │
│  ╰─ no card           1 ms          │ 2 ms          │ 3 ms          │ 4 ms          │ 100     │ 100
├─ evaluate_and_render                │               │               │               │         │
│  ├─ no card           571.9 ns      │ 2.1 µs        │ 590.1 ns      │ 600.3 ns      │ 100     │ 1600
│  ╰─ some cards        60.1 µs       │ 92.1 µs       │ 61.5 µs       │ 63.3 µs       │ 100     │ 100
╰─ whole_call                         │               │               │               │         │
   ╰─ five cards        1 ms          │ 2.1 ms        │ 1.5 ms        │ 1.6 ms        │ 100     │ 100
";

    #[test]
    fn the_median_is_the_third_column() {
        assert_eq!(rules_and_rendering(PRINTED, NO_CARD).map(|micros| (micros * 1e4).round()), Some(5901.0));
        assert_eq!(rules_and_rendering(PRINTED, "some cards"), Some(61.5));
    }

    #[test]
    fn a_row_of_another_benchmark_is_not_taken() {
        assert_eq!(rules_and_rendering(PRINTED, FIVE_CARDS), None);
        assert_eq!(rules_and_rendering(PRINTED, "some"), None);
        assert_eq!(rules_and_rendering("", NO_CARD), None);
    }
}
