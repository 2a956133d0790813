//! Usage: what a connection did in an hour, as counters that can be added up to any longer time.

use crate::activity::Activity;
use crate::id::{ConnectionId, OwnerId};
use crate::table::{Counters, Table};
use crate::{Result, schema};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

const CALLS: &str = "calls";
const ERRORS: &str = "errors";
const LIMITED: &str = "limited";
pub(crate) const REFUSED_KEYS: &str = "refused_keys";
const BYTES: &str = "bytes";

/// What the counters of one endpoint and of one span of durations begin with.
const CALLS_OF: &str = "c:";
const ERRORS_OF: &str = "e:";
const TOOK: &str = "t";

/// What was counted in some time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Usage {
    /// Without those that a limit refused, or whose key did not hold.
    pub calls: i64,
    pub errors: i64,
    /// Refused by a limit.
    pub limited: i64,
    /// Refused because their key did not hold: replaced, revoked, expired, paused, or not taken from the address.
    pub refused_keys: i64,
    /// Sent as bodies of answers.
    pub bytes: i64,
    /// So many of a hundred calls took at most so many milliseconds, a quarter more at the most.
    #[schemars(with = "Option<f64>")]
    pub p50_ms: Option<Millis>,
    #[schemars(with = "Option<f64>")]
    pub p95_ms: Option<Millis>,
    #[schemars(with = "Option<f64>")]
    pub p99_ms: Option<Millis>,
    pub endpoints: BTreeMap<String, Endpoint>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Endpoint {
    pub calls: i64,
    pub errors: i64,
}

/// Stored and compared in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(u64);

impl Serialize for Millis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1_000.0)
    }
}

/// What is counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    Hour,
    #[default]
    Day,
}

impl Span {
    fn start(self, at: Timestamp) -> Timestamp {
        let seconds = if self == Self::Hour { 60 * 60 } else { 24 * 60 * 60 };
        Timestamp::from_second(at.as_second().div_euclid(seconds) * seconds).unwrap_or(at)
    }

    fn end(self, at: Timestamp) -> Timestamp {
        let seconds = if self == Self::Hour { 60 * 60 } else { 24 * 60 * 60 };
        Timestamp::from_second(self.start(at).as_second() + seconds - 1).unwrap_or(at)
    }
}

/// The counters of each span that the times lie in, by when it starts.
pub async fn between(
    table: &dyn Table,
    owner: OwnerId,
    connection: ConnectionId,
    by: Span,
    times: Range<Timestamp>,
) -> Result<BTreeMap<Timestamp, Counters>> {
    let hours = schema::usage_between(owner, connection, by.start(times.start)..by.end(times.end));
    let (mut spans, mut after) = (BTreeMap::<Timestamp, Counters>::new(), None);
    loop {
        let page = table.query(&hours.clone().page(after, 200)).await?;
        for row in page.rows {
            if let Some(hour) = schema::usage_hour(&row.key) {
                add(spans.entry(by.start(hour)).or_default(), &row.counters);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(spans);
        }
    }
}

pub fn sum<'a>(all: impl Iterator<Item = &'a Counters>) -> Counters {
    all.fold(Counters::new(), |mut sum, more| {
        add(&mut sum, more);
        sum
    })
}

fn add(sum: &mut Counters, more: &Counters) {
    for (name, count) in more {
        *sum.entry(name.clone()).or_default() += count;
    }
}

/// Adds a call whose key did not hold: the connection that it belonged to did not make it.
pub fn count_refused_key(counters: &mut Counters) {
    *counters.entry(REFUSED_KEYS.to_owned()).or_default() += 1;
}

/// Adds what one call counts for.
pub fn count(counters: &mut Counters, call: &Activity, limited: bool) {
    let mut add = |name: String, more: i64| *counters.entry(name).or_default() += more;
    if limited {
        return add(LIMITED.to_owned(), 1);
    }
    add(CALLS.to_owned(), 1);
    add(BYTES.to_owned(), i64::try_from(call.bytes).unwrap_or(i64::MAX));
    add(format!("{TOOK}{}", span(call.micros)), 1);
    add(format!("{CALLS_OF}{}", call.endpoint), 1);
    if call.status >= 400 {
        add(ERRORS.to_owned(), 1);
        add(format!("{ERRORS_OF}{}", call.endpoint), 1);
    }
}

impl From<&Counters> for Usage {
    fn from(counters: &Counters) -> Self {
        let mut usage = Self::default();
        let mut took = BTreeMap::new();
        for (name, &count) in counters {
            match name.as_str() {
                CALLS => usage.calls = count,
                ERRORS => usage.errors = count,
                LIMITED => usage.limited = count,
                REFUSED_KEYS => usage.refused_keys = count,
                BYTES => usage.bytes = count,
                name => {
                    if let Some(endpoint) = name.strip_prefix(CALLS_OF) {
                        usage.endpoints.entry(endpoint.to_owned()).or_default().calls = count;
                    } else if let Some(endpoint) = name.strip_prefix(ERRORS_OF) {
                        usage.endpoints.entry(endpoint.to_owned()).or_default().errors = count;
                    } else if let Some(span) = name.strip_prefix(TOOK).and_then(|span| span.parse().ok()) {
                        took.insert(span, count);
                    }
                }
            }
        }
        let of = |hundredths| quantile(&took, hundredths).map(Millis);
        Self { p50_ms: of(50), p95_ms: of(95), p99_ms: of(99), ..usage }
    }
}

/// Durations are counted in four spans to the octave, so that all calls of a year need a hundred counters.
fn span(micros: u64) -> u32 {
    let octave = micros.max(1).ilog2();
    let quarter = if octave < 2 { micros.max(1) << (2 - octave) } else { micros >> (octave - 2) };
    octave * 4 + (quarter & 3) as u32
}

/// The longest duration of a span.
fn longest(span: u32) -> u64 {
    let (octave, quarter) = (span / 4, u64::from(span % 4));
    (1_u64.checked_shl(octave).unwrap_or(u64::MAX).saturating_mul(5 + quarter).div_ceil(4)).saturating_sub(1)
}

fn quantile(took: &BTreeMap<u32, i64>, hundredths: i64) -> Option<u64> {
    let rank = (took.values().sum::<i64>() * hundredths + 99) / 100;
    let mut below = 0;
    let span = took.iter().find(|(_, count)| {
        below += **count;
        below >= rank
    });
    span.map(|(span, _)| longest(*span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_span_and_spans_are_narrow() {
        for micros in (0..5_000).chain((13..40).flat_map(|n| [(1 << n) - 1, 1 << n, (1 << n) + 1])) {
            let span = span(micros);
            assert!(micros <= longest(span), "{micros}");
            assert!(span == 0 || longest(span - 1) < micros.max(1), "{micros}");
            assert!(longest(span) <= micros.max(1) * 5 / 4 + 1, "{micros}: up to {}", longest(span));
        }
    }

    #[test]
    fn the_percentiles_of_a_thousand_calls_are_right_within_a_quarter() {
        let mut took = BTreeMap::new();
        for micros in 1..=1_000 {
            *took.entry(span(micros * 100)).or_default() += 1;
        }
        for (hundredths, exact) in [(50, 50_000), (95, 95_000), (99, 99_000)] {
            let found = quantile(&took, hundredths).unwrap();
            assert!((exact..=exact * 5 / 4).contains(&found), "p{hundredths}: {found}");
        }
        assert_eq!(quantile(&BTreeMap::new(), 50), None);
    }
}
