//! What Gaitkeeper has set itself, and whether it got there.

use std::fmt;

/// Which goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    LargeCall,
    SmallCall,
    RulesFiveCards,
    RulesNoCard,
    EvenBytes,
    EvenEntries,
    MemoryOfLargeCall,
    MemoryOfHugeCall,
    PeakMemory,
    Start,
    Binary,
    AddedToFetching,
    OneWave,
    CrowdErrors,
    CrowdTail,
    SoakGrowth,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Under(f64),
}

impl Bound {
    pub(crate) fn holds(self, figure: f64) -> bool {
        match self {
            Bound::AtLeast(limit) => figure >= limit,
            Bound::AtMost(limit) => figure <= limit,
            Bound::Under(limit) => figure < limit,
        }
    }
}

pub(crate) struct Goal {
    pub aim: Aim,
    pub what: &'static str,
    pub bound: Bound,
    pub unit: &'static str,
}

const fn goal(aim: Aim, what: &'static str, bound: Bound, unit: &'static str) -> Goal {
    Goal { aim, what, bound, unit }
}

/// All of them. Every number that Gaitkeeper is held to stands here and nowhere else.
pub(crate) const GOALS: [Goal; 16] = [
    goal(
        Aim::LargeCall,
        "large call, no authentication: calls per CPU-second, of the bare typed handler's",
        Bound::AtLeast(0.9),
        "",
    ),
    goal(
        Aim::SmallCall,
        "small call, no authentication: calls per CPU-second, of the bare typed handler's",
        Bound::AtLeast(0.5),
        "",
    ),
    goal(
        Aim::RulesFiveCards,
        "rules and rendering, a chart that fires five cards",
        Bound::Under(150.0),
        " µs",
    ),
    goal(Aim::RulesNoCard, "rules and rendering, a chart that fires none", Bound::Under(30.0), " µs"),
    goal(Aim::EvenBytes, "9 kB to 10 MB: the dearest further byte, of the cheapest", Bound::AtMost(1.5), ""),
    goal(
        Aim::EvenEntries,
        "10 to 50,000 entries: the dearest further entry, of the cheapest",
        Bound::AtMost(1.5),
        "",
    ),
    goal(
        Aim::MemoryOfLargeCall,
        "memory of a large call in flight, of 1.5 times its body and 256 KiB",
        Bound::Under(1.0),
        "",
    ),
    goal(
        Aim::MemoryOfHugeCall,
        "memory of a call of 10 MB in flight, of 1.5 times its body and 256 KiB",
        Bound::Under(1.0),
        "",
    ),
    goal(Aim::PeakMemory, "peak memory at 32 connections of the large call", Bound::Under(40.0), " MB"),
    goal(Aim::Start, "start to first answer", Bound::Under(60.0), " ms"),
    goal(Aim::Binary, "release binary", Bound::Under(20.0), " MB"),
    goal(
        Aim::AddedToFetching,
        "without prefetch: added to the slowest FHIR answer",
        Bound::Under(5.0),
        " ms",
    ),
    goal(
        Aim::OneWave,
        "without prefetch: calls whose requests were all in flight at once",
        Bound::AtLeast(100.0),
        " %",
    ),
    goal(
        Aim::CrowdErrors,
        "1,000 idle and 256 busy connections: errors and closed connections",
        Bound::AtMost(0.0),
        "",
    ),
    goal(Aim::CrowdTail, "1,000 idle and 256 busy connections: p99, of p50", Bound::AtMost(4.0), ""),
    goal(Aim::SoakGrowth, "soak: growth of memory over its second half", Bound::Under(2.0), " %"),
];

/// What the quick form lets pass. Beyond that is an accident, not noise, whether the goal was reached before or not; one
/// is a recording of what calls go through that fits the code no longer, without which no more than two thirds are left.
pub(crate) const TOLERATED: [(Aim, Bound); 3] = [
    (Aim::LargeCall, Bound::AtLeast(0.65)),
    (Aim::SmallCall, Bound::AtLeast(0.2)),
    (Aim::PeakMemory, Bound::Under(80.0)),
];

/// What became of a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Reached(f64),
    NotReached(f64),
    NotMeasured,
}

/// Each goal with what became of it.
pub(crate) fn judge(figures: &[(Aim, f64)]) -> Vec<(&'static Goal, Verdict)> {
    let verdict = |goal: &Goal| match figures.iter().find(|(aim, _)| *aim == goal.aim) {
        Some((_, figure)) if goal.bound.holds(*figure) => Verdict::Reached(*figure),
        Some((_, figure)) => Verdict::NotReached(*figure),
        None => Verdict::NotMeasured,
    };
    GOALS.iter().map(|goal| (goal, verdict(goal))).collect()
}

/// The goal of an aim.
pub(crate) fn of(aim: Aim) -> Option<&'static Goal> {
    GOALS.iter().find(|goal| goal.aim == aim)
}

impl fmt::Display for Goal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}{}", self.bound, self.unit)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::AtLeast(limit) => write!(to, "at least {limit}"),
            Bound::AtMost(limit) => write!(to, "at most {limit}"),
            Bound::Under(limit) => write!(to, "under {limit}"),
        }
    }
}

impl Verdict {
    /// What was measured, in the unit of its goal.
    pub(crate) fn figure(self, goal: &Goal) -> String {
        match self {
            Verdict::Reached(figure) | Verdict::NotReached(figure) => {
                format!("{}{}", short(figure), goal.unit)
            }
            Verdict::NotMeasured => "not measured".to_owned(),
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Verdict::Reached(_) => "reached",
            Verdict::NotReached(_) => "**not reached**",
            Verdict::NotMeasured => "**not measured**",
        }
    }
}

/// Few digits that tell something.
pub(crate) fn short(figure: f64) -> String {
    match figure.abs() {
        size if size == 0.0 || size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        size if size >= 1.0 => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_reached_up_to_its_bound() {
        let verdict = |aim: Aim, figure: f64| {
            let judged = judge(&[(aim, figure)]);
            judged.into_iter().find(|(goal, _)| goal.aim == aim).unwrap().1
        };
        assert_eq!(verdict(Aim::LargeCall, 0.9), Verdict::Reached(0.9));
        assert_eq!(verdict(Aim::LargeCall, 0.89), Verdict::NotReached(0.89));
        assert_eq!(verdict(Aim::PeakMemory, 40.0), Verdict::NotReached(40.0));
        assert_eq!(verdict(Aim::CrowdTail, 4.0), Verdict::Reached(4.0));
        assert_eq!(verdict(Aim::SoakGrowth, f64::NAN).word(), "**not reached**");
    }

    #[test]
    fn what_was_not_measured_is_not_reached() {
        assert!(judge(&[]).iter().all(|(_, verdict)| *verdict == Verdict::NotMeasured));
    }

    #[test]
    fn what_is_tolerated_falls_short_of_the_goal() {
        for (aim, bound) in TOLERATED {
            let (Bound::AtLeast(limit) | Bound::AtMost(limit) | Bound::Under(limit)) = bound;
            let short_of_it = if matches!(bound, Bound::AtLeast(_)) { limit } else { limit - 1.0 };
            assert!(bound.holds(short_of_it) && !of(aim).unwrap().bound.holds(short_of_it), "{aim:?}");
        }
    }

    #[test]
    fn every_aim_has_one_goal() {
        for (place, goal) in GOALS.iter().enumerate() {
            assert!(GOALS.iter().skip(place + 1).all(|other| other.aim != goal.aim), "{:?}", goal.aim);
        }
    }
}
