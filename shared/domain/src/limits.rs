//! How often a connection may call.

use crate::text::present;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
#[serde(try_from = "u32", into = "u32")]
#[schemars(inline, extend("minimum" = 1, "maximum" = 10_000_000))]
pub struct Most(u32);

impl Default for Limits {
    fn default() -> Self {
        Self { burst: Some(Most(300)), per_hour: Some(Most(1_000)), per_day: Some(Most(10_000)) }
    }
}

impl Limits {
    pub fn changed(self, patch: LimitsPatch) -> Self {
        Self {
            burst: patch.burst.unwrap_or(self.burst),
            per_hour: patch.per_hour.unwrap_or(self.per_hour),
            per_day: patch.per_day.unwrap_or(self.per_day),
        }
    }
}

impl TryFrom<u32> for Most {
    type Error = String;

    fn try_from(calls: u32) -> Result<Self, String> {
        match calls {
            1..=10_000_000 => Ok(Self(calls)),
            _ => Err("a number from 1 to 10,000,000, or null for no limit".to_owned()),
        }
    }
}

impl From<Most> for u32 {
    fn from(most: Most) -> Self {
        most.0
    }
}
