//! Percentiles.

use std::time::Duration;

/// Times in nanoseconds, in order.
pub struct Spread(Vec<u64>);

impl Spread {
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let nanos = times.into_iter().map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let mut nanos: Vec<u64> = nanos.collect();
        nanos.sort_unstable();
        Self(nanos)
    }

    /// The time, in milliseconds, that this share of all is below. 0.5 is the median.
    pub fn ms(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        self.0.get(at).map_or(f64::NAN, |&nanos| nanos as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_taken_in_order() {
        let spread = Spread::of([3, 1, 2].map(Duration::from_millis));
        assert_eq!([0.0, 0.5, 1.0].map(|share| spread.ms(share)), [1.0, 2.0, 3.0]);
    }
}
