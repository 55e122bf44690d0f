//! What one call costs, for a prefetch of about 9 kB and of about 500 kB: a body that is only read to its end, the
//! decoding, and the whole call.

use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use gaitkeeper::fhir::Answer;
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Journey, Setting};
use gaitkeeper::wire::Call;
use gaitkeeper::{cards, evaluate};
use gaitkeeper_bodies as bodies;
use serde::de::IgnoredAny;
use time::macros::datetime;

fn main() {
    divan::main();
}

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
    Knowledge::load(&PackageSource::embedded()).unwrap_or_else(|problems| panic!("{problems}"))
});

const SERVICE: &str = "leg-pain-patient-view";

/// Observations and conditions in a call: about 9 kB, and about 500 kB.
const SIZES: [(usize, usize); 2] = [(5, 1), (300, 40)];

/// The floor: every byte is looked at once, nothing is kept.
#[divan::bench(args = SIZES)]
fn scan(bencher: Bencher<'_, '_>, (observations, conditions): (usize, usize)) {
    let body = bodies::patient_view(observations, conditions);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| serde_json::from_slice::<IgnoredAny>(black_box(body.as_bytes())));
}

#[divan::bench(args = SIZES)]
fn decode(bencher: Bencher<'_, '_>, (observations, conditions): (usize, usize)) {
    let body = bodies::patient_view(observations, conditions);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| Call::<Answer<'_>>::read(black_box(body.as_bytes())).map(|_| ()));
}

#[divan::bench(args = SIZES)]
fn whole_call(bencher: Bencher<'_, '_>, (observations, conditions): (usize, usize)) {
    let body = bodies::patient_view(observations, conditions);
    let setting = setting();
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| pipeline::answer(&setting, SERVICE, black_box(body.as_bytes())));
}

/// Judging alone, on the chart of the large call.
#[divan::bench]
fn evaluate(bencher: Bencher<'_, '_>) {
    travel(&bodies::patient_view(300, 40), |journey| {
        bencher.bench_local(|| evaluate::evaluate(&KNOWLEDGE, journey.service, black_box(journey.chart)));
    });
}

/// Judging and rendering: for a chart that brings cards, and for one that brings none.
#[divan::bench(args = ["five cards", "no card"])]
fn evaluate_and_render(bencher: Bencher<'_, '_>, what: &str) {
    let (body, cards) = match what {
        "no card" => (bodies::of_small_entries(100), 0),
        _ => (bodies::of_five_cards(), 5),
    };
    travel(&body, |journey| {
        assert_eq!(journey.response.cards.len(), cards, "{what}");
        bencher.bench_local(|| {
            let findings = evaluate::evaluate(&KNOWLEDGE, journey.service, black_box(journey.chart));
            cards::render(journey.rendering, &findings).cards.len()
        });
    });
}

fn travel(body: &str, arrive: impl FnOnce(Journey<'_>)) {
    pipeline::travel(&setting(), SERVICE, body.as_bytes(), arrive).unwrap_or_else(|error| panic!("{error}"));
}

fn setting() -> Setting<'static> {
    Setting { knowledge: &KNOWLEDGE, now: datetime!(2026-03-01 09:00 UTC), public_url: "https://cds.example" }
}
