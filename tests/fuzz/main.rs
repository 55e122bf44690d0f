//! Hostile input without end: every reader of what comes from outside, for as long as is asked for.
//!
//! `make fuzz` runs each target for `GAITKEEPER_FUZZ_SECONDS`; without it a target gets a moment, so that `cargo test`
//! sees that it runs. Inputs are recorded calls in which some values were replaced by hostile ones and some bytes
//! changed; what fails is made smaller by proptest before it is shown.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a target that meets what it does not expect should fail where it stands"
)]

mod damage;
mod targets;

use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// How long a target runs where nobody says.
const MOMENT: Duration = Duration::from_millis(500);
/// Longer than any input may take, also on a slow machine.
const TOO_LONG: Duration = Duration::from_secs(5);

/// Runs for as long as is asked for; says how many inputs it tried, or which one failed.
type Target = fn() -> Result<u64, String>;

fn main() {
    let targets: [(&str, Target); 8] = [
        ("request_body", targets::request_body),
        ("bundle_splitter", targets::bundle_splitter),
        ("date", targets::date),
        ("dates_of_a_chart", targets::dates_of_a_chart),
        ("quantities_of_a_chart", targets::quantities_of_a_chart),
        ("dosages_of_a_chart", targets::dosages_of_a_chart),
        ("jwt_header", targets::jwt_header),
        ("jwt_whole", targets::jwt_whole),
    ];
    let trials = targets.into_iter().map(|(name, run)| {
        Trial::test(name, move || {
            let tried = run().map_err(Failed::from)?;
            println!("{name}: {tried} inputs");
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// Tries inputs until the time is over. How many were there?
fn fuzz<S: Strategy>(inputs: S, holds: impl Fn(S::Value)) -> Result<u64, String> {
    let time = budget();
    let begun = Instant::now();
    let mut tried = 0;
    while begun.elapsed() < time {
        let config = Config { cases: 32, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&inputs, |input| {
                let begun = Instant::now();
                holds(input);
                assert!(begun.elapsed() < TOO_LONG, "one input took {:?}", begun.elapsed());
                Ok(())
            })
            .map_err(|error| error.to_string())?;
        tried += 32;
    }
    Ok(tried)
}

fn budget() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a switch of these tests, not a setting of the service")]
    let seconds = std::env::var("GAITKEEPER_FUZZ_SECONDS").ok();
    seconds.map_or(MOMENT, |seconds| Duration::from_secs(seconds.parse().unwrap()))
}
