//! How often a connection may call.

mod settle;
#[cfg(test)]
mod tests;

pub use settle::{Call, Settled};

use crate::number::Whole;
use crate::table::Counters;
use crate::text::present;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};

const DAY: i64 = 24 * 60 * 60;

/// The most calls in each window; none where it is null. New connections get the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// In one minute.
    pub burst: Option<Most>,
    pub per_hour: Option<Most>,
    pub per_day: Option<Most>,
}

/// Windows that are absent stay as they were; null takes a limit away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsPatch {
    #[serde(deserialize_with = "present")]
    pub burst: Option<Option<Most>>,
    #[serde(deserialize_with = "present")]
    pub per_hour: Option<Option<Most>>,
    #[serde(deserialize_with = "present")]
    pub per_day: Option<Option<Most>>,
}

/// From 1 to 10,000,000 calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Whole<1, 10_000_000>", into = "u32")]
#[schemars(inline, extend("minimum" = 1, "maximum" = 10_000_000))]
pub struct Most(u32);

impl Default for Limits {
    fn default() -> Self {
        Self { burst: Some(Most(300)), per_hour: Some(Most(1_000)), per_day: Some(Most(10_000)) }
    }
}

impl Limits {
    /// As they stand beside the counters, each under the name of its window.
    pub fn guards(&self) -> impl Iterator<Item = (String, i64)> {
        Window::ALL.into_iter().filter_map(|window| {
            let most: u32 = window.most(self)?.into();
            Some((window.name().to_owned(), most.into()))
        })
    }

    pub fn changed(self, patch: LimitsPatch) -> Self {
        Self {
            burst: patch.burst.unwrap_or(self.burst),
            per_hour: patch.per_hour.unwrap_or(self.per_hour),
            per_day: patch.per_day.unwrap_or(self.per_day),
        }
    }
}

impl From<Whole<1, 10_000_000>> for Most {
    fn from(calls: Whole<1, 10_000_000>) -> Self {
        Self(calls.get() as u32)
    }
}

impl From<Most> for u32 {
    fn from(most: Most) -> Self {
        most.0
    }
}

/// A time in which calls are counted; each begins anew with the clock's minute, hour or day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Burst,
    Hour,
    Day,
}

/// The windows that a moment lies in: their counters stand in the connection's one row, so that one step takes a place
/// in each of them or in none.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    second: i64,
}

/// Where a call stands in each window that is limited.
#[derive(Debug, Clone)]
pub struct Standing(Vec<Measure>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Measure {
    window: Window,
    limit: u32,
    /// This call included, if it was let in.
    used: i64,
    /// In so many seconds the next window begins.
    ends_in: i64,
}

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub window: Window,
    pub limit: u32,
    pub retry_after: i64,
}

impl Window {
    const ALL: [Self; 3] = [Self::Burst, Self::Hour, Self::Day];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Burst => "burst",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Burst => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
        }
    }

    const fn seconds(self) -> i64 {
        match self {
            Self::Burst => 60,
            Self::Hour => 60 * 60,
            Self::Day => DAY,
        }
    }

    const fn most(self, limits: &Limits) -> Option<Most> {
        match self {
            Self::Burst => limits.burst,
            Self::Hour => limits.per_hour,
            Self::Day => limits.per_day,
        }
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = if self.window == Window::Burst { "minute" } else { self.window.name() };
        write!(f, "this connection's {} calls of this {span} are used", self.limit)
    }
}

impl Windows {
    pub fn at(at: Timestamp) -> Self {
        Self { second: at.as_second() }
    }

    /// What one call takes, and where it is said how many may.
    pub fn places(self) -> Vec<(String, &'static str)> {
        Window::ALL.map(|window| (self.counter(window), window.name())).into()
    }

    /// Its letter, and how many such windows began since 1970.
    fn counter(self, window: Window) -> String {
        format!("{}{}", window.letter(), self.number(window))
    }

    const fn number(self, window: Window) -> i64 {
        self.second.div_euclid(window.seconds())
    }

    /// Whether this counter, or what is marked beside it, is of a window before these.
    fn are_past(self, name: &str) -> bool {
        let counter = name.strip_prefix(['w', 'l']).unwrap_or(name);
        let of = |window: Window| {
            let number: i64 = counter.strip_prefix(window.letter())?.parse().ok()?;
            Some(number < self.number(window))
        };
        Window::ALL.into_iter().find_map(of).unwrap_or_default()
    }
}

impl Standing {
    pub fn of(windows: Windows, counters: &Counters) -> Self {
        let measure = |window: Window| {
            let limit = u32::try_from(*counters.get(window.name())?).ok()?;
            let used = counters.get(&windows.counter(window)).copied().unwrap_or_default();
            let ends_in = window.seconds() - windows.second.rem_euclid(window.seconds());
            Some(Measure { window, limit, used, ends_in })
        };
        Self(Window::ALL.into_iter().filter_map(measure).collect())
    }

    /// Of the windows that are full, the one that is so for longest.
    pub fn reached(&self) -> Option<Reached> {
        let full = self.0.iter().rev().find(|measure| measure.is_full())?;
        Some(Reached { window: full.window, limit: full.limit, retry_after: full.ends_in })
    }

    /// As `RateLimit-Policy` has it; `None` when nothing is limited.
    pub fn policy(&self) -> Option<String> {
        self.each(|text, measure| write!(text, ";q={};w={}", measure.limit, measure.window.seconds()))
    }

    /// As `RateLimit` has it.
    pub fn left(&self) -> Option<String> {
        let left = |measure: &Measure| (i64::from(measure.limit) - measure.used).max(0);
        self.each(|text, measure| write!(text, ";r={};t={}", left(measure), measure.ends_in))
    }

    fn each(&self, tell: impl Fn(&mut String, &Measure) -> fmt::Result) -> Option<String> {
        let mut text = String::with_capacity(96);
        for measure in &self.0 {
            let comma = if text.is_empty() { "" } else { ", " };
            write!(text, "{comma}\"{}\"", measure.window.name()).ok()?;
            tell(&mut text, measure).ok()?;
        }
        Some(text).filter(|text| !text.is_empty())
    }
}

impl Measure {
    const fn is_full(&self) -> bool {
        self.used >= self.limit as i64
    }

    /// Four fifths of the window are used.
    const fn is_close(&self) -> bool {
        self.used >= (self.limit as i64 * 4 + 4) / 5
    }
}
