//! What is measured of the calls of one client.
//!
//! The registry of metrics is asked by name and labels, which it wants owned. A call asks for dozens, always the same;
//! here each is asked for once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use metrics::{Counter, Histogram};

use super::traces;

/// How a prefetch key came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// With the call.
    Sent,
    /// From the FHIR server.
    Fetched,
    /// Not at all.
    Missing,
}

impl Supply {
    fn name(self) -> &'static str {
        match self {
            Supply::Sent => "sent",
            Supply::Fetched => "fetched",
            Supply::Missing => "missing",
        }
    }
}

/// Counters and histograms of the calls of one client. Which label has which values stands in
/// [`VOCABULARY`](super::metrics::VOCABULARY).
pub struct Meters {
    client: Option<String>,
    keys: HashMap<String, OfKey, foldhash::quality::RandomState>,
    stages: HashMap<String, ByLabel<Histogram>, foldhash::quality::RandomState>,
    cards: RwLock<HashMap<String, ByLabel<Counter>, foldhash::quality::RandomState>>,
    unusable: ByLabel<Counter>,
}

/// Counters of a prefetch key.
#[derive(Default)]
struct OfKey {
    supplies: ByLabel<Counter>,
    lacks: ByLabel<Counter>,
}

impl Meters {
    /// Of a client, named as in the settings, for these prefetch keys and services.
    pub fn new<'k>(
        client: Option<&str>,
        keys: impl Iterator<Item = &'k str>,
        services: impl Iterator<Item = &'k str>,
    ) -> Meters {
        Meters {
            client: client.map(str::to_owned),
            keys: keys.map(|key| (key.to_owned(), OfKey::default())).collect(),
            stages: services.map(|service| (service.to_owned(), ByLabel::default())).collect(),
            cards: RwLock::default(),
            unusable: ByLabel::default(),
        }
    }

    /// A prefetch key of a call came, or did not.
    pub fn supplied(&self, key: &str, supply: Supply) {
        let Some(of_key) = self.keys.get(key) else { return };
        let supply = supply.name();
        let look_up = || {
            let client = self.client.clone().unwrap_or_else(|| "none".to_owned());
            metrics::counter!("gaitkeeper_needs_total", "client" => client, "key" => key.to_owned(), "supply" => supply)
        };
        of_key.supplies.with(supply, look_up, |counter| counter.increment(1));
    }

    /// A prefetch key did not come in full.
    pub fn lacked(&self, key: &str, lack: &'static str) {
        let Some(of_key) = self.keys.get(key) else { return };
        let look_up = || metrics::counter!("gaitkeeper_gaps_total", "key" => key.to_owned(), "lack" => lack);
        of_key.lacks.with(lack, look_up, |counter| counter.increment(1));
    }

    /// Something in a chart could not be used.
    pub fn unusable(&self, reason: &'static str) {
        let look_up = || metrics::counter!("gaitkeeper_unusable_total", "reason" => reason);
        self.unusable.with(reason, look_up, |counter| counter.increment(1));
    }

    /// A card was made.
    pub fn card(&self, rule: &str, indicator: &'static str) {
        let look_up = || metrics::counter!("gaitkeeper_cards_total", "rule" => rule.to_owned(), "indicator" => indicator);
        let count = |of_rule: &ByLabel<Counter>| {
            of_rule.with(indicator, look_up, |counter| counter.increment(1));
        };
        let known = self.cards.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_rule) = known.get(rule) {
            return count(of_rule);
        }
        drop(known);
        let mut cards = self.cards.write().unwrap_or_else(PoisonError::into_inner);
        count(cards.entry(rule.to_owned()).or_default());
    }

    fn stage(&self, service: &str, stage: &'static str, took: Duration) {
        let Some(of_service) = self.stages.get(service) else { return };
        let look_up = || {
            metrics::histogram!(
                "gaitkeeper_stage_duration_seconds", "cds_service" => service.to_owned(), "stage" => stage
            )
        };
        of_service.with(stage, look_up, |histogram| histogram.record(took));
    }
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").field("client", &self.client).finish_non_exhaustive()
    }
}

/// What is counted or timed under one label that has few values, in the order in which they were first met.
struct ByLabel<M>(RwLock<Vec<(&'static str, M)>>);

impl<M> Default for ByLabel<M> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<M> ByLabel<M> {
    fn with(&self, label: &'static str, look_up: impl FnOnce() -> M, then: impl FnOnce(&M)) {
        let of_label = |known: &'_ [(&'static str, M)]| known.iter().position(|(of, _)| *of == label);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, meter)) = of_label(&known).and_then(|place| known.get(place)) {
            return then(meter);
        }
        drop(known);
        let meter = look_up();
        then(&meter);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if of_label(&known).is_none() {
            known.push((label, meter));
        }
    }
}

/// Takes the time of one stage after the other.
#[derive(Debug)]
pub struct Stages<'m> {
    meters: Option<&'m Meters>,
    lap: Instant,
}

impl<'m> Stages<'m> {
    /// The first stage begins; without meters nothing is measured.
    #[must_use]
    pub fn begin(meters: Option<&'m Meters>) -> Stages<'m> {
        Stages { meters, lap: Instant::now() }
    }

    /// Where the time goes.
    #[must_use]
    pub fn meters(&self) -> Option<&'m Meters> {
        self.meters
    }

    /// A stage ended, and the next begins.
    pub fn end(&mut self, service: &str, stage: &'static str) {
        let Some(meters) = self.meters else { return };
        let now = Instant::now();
        let took = now - std::mem::replace(&mut self.lap, now);
        meters.stage(service, stage, took);
        // What is fetched has a step of its own, with the requests below it.
        if stage != "acquire" {
            traces::stage_ended(stage, took);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::metrics;
    use super::*;

    #[test]
    fn what_is_met_again_is_counted_on() {
        let recorder = metrics::recorder().unwrap();
        let handle = recorder.handle();
        ::metrics::with_local_recorder(&recorder, || {
            let meters = Meters::new(Some("north"), ["ldl", "abi"].into_iter(), ["view"].into_iter());
            for _ in 0..2 {
                meters.supplied("ldl", Supply::Sent);
                meters.supplied("abi", Supply::Missing);
                meters.lacked("abi", "not sent");
                meters.unusable("has no value");
                meters.card("PAD07", "info");
                let mut stages = Stages::begin(Some(&meters));
                stages.end("view", "read");
                stages.end("view", "render");
            }
            meters.supplied("ldl", Supply::Fetched);
            meters.card("PAD07", "warning");
            meters.supplied("a key of nobody", Supply::Sent);
            Stages::begin(Some(&meters)).end("a service of nobody", "read");
            Stages::begin(None).end("view", "read");
        });
        let text = handle.render();
        for line in [
            r#"gaitkeeper_needs_total{client="north",key="ldl",supply="sent"} 2"#,
            r#"gaitkeeper_needs_total{client="north",key="ldl",supply="fetched"} 1"#,
            r#"gaitkeeper_needs_total{client="north",key="abi",supply="missing"} 2"#,
            r#"gaitkeeper_gaps_total{key="abi",lack="not sent"} 2"#,
            r#"gaitkeeper_unusable_total{reason="has no value"} 2"#,
            r#"gaitkeeper_cards_total{rule="PAD07",indicator="info"} 2"#,
            r#"gaitkeeper_cards_total{rule="PAD07",indicator="warning"} 1"#,
            r#"gaitkeeper_stage_duration_seconds_count{cds_service="view",stage="read"} 2"#,
            r#"gaitkeeper_stage_duration_seconds_count{cds_service="view",stage="render"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("nobody"), "{text}");
    }
}
