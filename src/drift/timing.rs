//! How long events take: medians, their spread, and whether two of them differ by more than noise.
//!
//! The rule, as `docs/drift.md` tells it: with five times or more on both sides, medians differ if one is at least half as
//! long again as the other, by 250 ms at least, and by more than three spreads of either side. With fewer, one has to be
//! three times the other, by two seconds at least. The spread is the median distance from the median, times 1.4826, which
//! for times that are normally distributed is their standard deviation; one time that is far off doesn't move it.

/// Milliseconds.
const LEAST: f64 = 250.0;
/// Milliseconds, where there are few times.
const LEAST_OF_FEW: f64 = 2000.0;
/// From how many times on a spread means something.
const SOME: usize = 5;

/// A median with its spread, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Middle {
    /// The median.
    pub median: f64,
    /// The spread.
    pub spread: f64,
    /// Of how many times.
    pub of: usize,
}

/// The median of some times; `None` if there are none.
pub fn middle(times: &[u32]) -> Option<Middle> {
    let times: Vec<f64> = times.iter().map(|ms| f64::from(*ms)).collect();
    let of = times.len();
    let median = median(times.clone())?;
    let spread = self::median(times.iter().map(|ms| (ms - median).abs()).collect())? * 1.4826;
    Some(Middle { median, spread, of })
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    let upper = times.get(times.len() / 2).copied()?;
    let lower = times.get((times.len() - 1) / 2).copied()?;
    Some(f64::midpoint(lower, upper))
}

/// Whether they differ by more than noise.
pub fn differ(before: Middle, after: Middle) -> bool {
    let (short, long) = if before.median <= after.median { (before, after) } else { (after, before) };
    let by = long.median - short.median;
    if short.of.min(long.of) < SOME {
        return by >= LEAST_OF_FEW && long.median >= 3.0 * short.median;
    }
    by >= LEAST && long.median >= 1.5 * short.median && by > 3.0 * short.spread.max(long.spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(before: &[u32], after: &[u32]) -> bool {
        differ(middle(before).unwrap(), middle(after).unwrap())
    }

    #[test]
    fn medians_and_spreads_are_not_moved_by_one_that_is_far_off() {
        let told = middle(&[100, 110, 90, 100, 60_000]).unwrap();
        assert_eq!((told.median, told.of), (100.0, 5));
        assert!((told.spread - 14.826).abs() < 0.001, "{told:?}");
        assert_eq!(middle(&[1, 2]).unwrap().median, 1.5);
        assert!(middle(&[]).is_none());
    }

    #[test]
    fn only_what_is_beyond_noise_is_a_difference() {
        let usual = [100, 120, 90, 110, 105];
        assert!(differs(&usual, &[900, 950, 870, 920, 910]));
        assert!(differs(&[900, 950, 870, 920, 910], &usual));
        // Not by enough for anybody to notice.
        assert!(!differs(&usual, &[210, 220, 200, 230, 215]));
        // Spread as wide as that.
        assert!(!differs(&usual, &[100, 900, 1800, 90, 3000]));
        // A slow machine, once.
        assert!(!differs(&[100], &[1900]));
        assert!(differs(&[100], &[2300]));
        assert!(!differs(&[1500], &[4000]));
    }
}
