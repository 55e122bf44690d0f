//! What a call costs in memory: allocations in number, and bytes at their height beside the body.
//!
//! The bounds are what is measured today and a tenth more. Whoever lowers a figure lowers its bound; whoever raises one
//! says why.

use allocation_counter::AllocationInfo;
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::pipeline::{self, Setting};
use gaitkeeper_bodies as bodies;
use time::macros::datetime;

const SERVICE: &str = "leg-pain-patient-view";

/// The second of two calls: what is made once and kept is there by then.
fn measured(knowledge: &Knowledge, body: &str) -> (AllocationInfo, usize) {
    let now = datetime!(2026-03-01 09:00 UTC);
    let setting = Setting { knowledge, now, public_url: "https://cds.example" };
    let answer = || pipeline::answer(&setting, SERVICE, body.as_bytes()).unwrap();
    let cards = answer().cards.len();
    (allocation_counter::measure(|| drop(answer())), cards)
}

#[test]
fn a_call_allocates_no_more_than_it_did() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    for (what, body, cards, allocations) in [
        ("about 500 kB, most of it asked for", bodies::patient_view(300, 40), 3, 2_045),
        ("about 9 kB", bodies::of_size(9_000), 1, 178),
        ("results that no fact asks for", bodies::of_small_entries(1_000), 0, 2_245),
    ] {
        let (info, shown) = measured(&knowledge, &body);
        assert_eq!(shown, cards, "{what}");
        let count = info.count_total;
        assert!(count <= allocations, "{what}: {count} allocations, {} bytes", info.bytes_max);
    }
}

#[test]
fn a_call_in_flight_takes_half_of_its_body_beside_it() {
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    for (what, body) in [
        ("500 kB", bodies::patient_view(300, 40)),
        ("9 kB", bodies::of_size(9_000)),
        ("5 MB", bodies::of_size(5_000_000)),
    ] {
        let (info, _) = measured(&knowledge, &body);
        let bound = body.len() as u64 / 2 + 256 * 1024;
        assert!(info.bytes_max <= bound, "{what}: {} bytes beside {}", info.bytes_max, body.len());
    }
}
