//! For how long an owner keeps the audit log.

use crate::number::Whole;
use crate::table::{Expiry, Row};
use crate::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An owner's settings; those that were never set have their defaults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "AuditSettings")]
pub struct Settings {
    /// For how many days an entry is kept, from when it was sealed.
    pub audit_days: Days,
}

/// From 1 to 3,650 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Whole<1, 3_650>", into = "u16")]
#[schemars(inline, extend("minimum" = 1, "maximum" = 3_650))]
pub struct Days(u16);

impl Settings {
    pub fn of(row: Option<&Row>) -> Result<Self> {
        let Some(row) = row else { return Ok(Self::default()) };
        serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
    }
}

impl Days {
    pub fn after(self, moment: Timestamp) -> Expiry {
        Expiry::at(moment + SignedDuration::from_hours(24 * i64::from(self.0)))
    }
}

impl Default for Days {
    fn default() -> Self {
        Self(365)
    }
}

impl From<Whole<1, 3_650>> for Days {
    fn from(days: Whole<1, 3_650>) -> Self {
        Self(days.get() as u16)
    }
}

impl From<Days> for u16 {
    fn from(days: Days) -> Self {
        days.0
    }
}
