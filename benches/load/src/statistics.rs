//! Few numbers out of many.

use anyhow::{Context, Result};

/// The middle of some numbers, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
}

impl Spread {
    /// Of no numbers there is none.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Result<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |place: usize| sorted.get(place).copied().context("nothing was measured");
        let half = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) && half > 0 {
            f64::midpoint(at(half - 1)?, at(half)?)
        } else {
            at(half)?
        };
        Ok(Self { least: at(0)?, median, most: at(sorted.len() - 1)? })
    }
}

/// How much `y` grows with each `x`, on the line of least squares; none where all `x` are one.
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let number = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / number;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / number;
    let together: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let alone: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (alone > 0.0).then(|| together / alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert_eq!(Spread::of([4.0, 1.0, 3.0]).unwrap(), Spread { least: 1.0, median: 3.0, most: 4.0 });
        assert_eq!(Spread::of([4.0, 1.0, 3.0, 2.0]).unwrap().median, 2.5);
        assert_eq!(Spread::of([7.0]).unwrap(), Spread { least: 7.0, median: 7.0, most: 7.0 });
        assert!(Spread::of([]).is_err());
    }

    #[test]
    fn the_slope_is_that_of_the_nearest_line() {
        assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), Some(2.0));
        assert_eq!(
            slope(&[(0.0, 5.0), (1.0, 4.0), (2.0, 6.0), (3.0, 5.0)]).map(|slope| (slope * 10.0).round()),
            Some(2.0)
        );
        assert_eq!(slope(&[(1.0, 5.0), (1.0, 4.0)]), None);
        assert_eq!(slope(&[]), None);
    }
}
