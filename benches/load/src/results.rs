//! All that a full run measures, and the figures that goals are about.

use anyhow::Result;

use crate::crowd::Crowd;
use crate::fetching::Fetching;
use crate::goals::Aim;
use crate::machine::Machine;
use crate::memory::InFlight;
use crate::micro;
use crate::scaling::Scaling;
use crate::server::Target;
use crate::soak::Soak;
use crate::statistics::Spread;
use crate::throughput::Table;

pub(crate) struct Results {
    pub machine: Machine,
    pub rounds: usize,
    pub seconds: u64,
    pub soak_seconds: u64,
    /// The large call, the small call.
    pub throughput: [Table; 2],
    pub scaling: Scaling,
    /// Bytes, under the load of the large call.
    pub peak_memory: u64,
    /// Of the large call, of one of 10 MB.
    pub memory: [InFlight; 2],
    /// Milliseconds.
    pub start: Spread,
    /// Bytes.
    pub binary: u64,
    pub fetching: Fetching,
    pub crowd: Crowd,
    pub soak: Soak,
    /// What the micro-benchmarks printed.
    pub micro: Option<String>,
}

impl Results {
    /// The figures that goals are about. What was not measured is not among them.
    pub(crate) fn figures(&self) -> Result<Vec<(Aim, f64)>> {
        let [large, small] = &self.throughput;
        let [large_memory, huge_memory] = &self.memory;
        let micro = self.micro.as_deref().unwrap_or_default();
        let figures = [
            (Aim::LargeCall, ratio(large)?),
            (Aim::SmallCall, ratio(small)?),
            (Aim::RulesFiveCards, micro::rules_and_rendering(micro, micro::FIVE_CARDS)),
            (Aim::RulesNoCard, micro::rules_and_rendering(micro, micro::NO_CARD)),
            (Aim::EvenBytes, Some(self.scaling.bytes.unevenness(0)?)),
            (Aim::EvenEntries, Some(self.scaling.entries.unevenness(0)?)),
            (Aim::MemoryOfLargeCall, Some(large_memory.of_allowance())),
            (Aim::MemoryOfHugeCall, Some(huge_memory.of_allowance())),
            (Aim::PeakMemory, Some(self.peak_memory as f64 / 1e6)),
            (Aim::Start, Some(self.start.median)),
            (Aim::Binary, Some(self.binary as f64 / 1e6)),
            (Aim::AddedToFetching, Some(self.fetching.added.median)),
            (Aim::OneWave, Some(self.fetching.in_one_wave * 100.0)),
            (Aim::CrowdErrors, Some(self.crowd.errors as f64 + self.crowd.closed as f64)),
            (Aim::CrowdTail, Some(self.crowd.p99 / self.crowd.p50)),
            (Aim::SoakGrowth, self.soak.growth()?.map(|growth| growth * 100.0)),
        ];
        Ok(figures.into_iter().filter_map(|(aim, figure)| Some((aim, figure?))).collect())
    }
}

/// The service without authentication over the bare typed handler, in the middle of the rounds.
pub(crate) fn ratio(table: &Table) -> Result<Option<f64>> {
    Ok(table.ratio(Target::Open, Target::Typed)?.map(|spread| spread.median))
}
