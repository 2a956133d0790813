//! Where the clocks of a place are looked up.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// An IANA name, such as `Europe/Vienna`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub struct Zone(TimeZone);

impl Zone {
    /// Of whoever does not say where they are.
    pub const UTC: Self = Self(TimeZone::UTC);

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or_default()
    }
}

impl From<Zone> for TimeZone {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}

impl Deref for Zone {
    type Target = TimeZone;

    fn deref(&self) -> &TimeZone {
        &self.0
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let zone = if name.len() <= 60 { TimeZone::get(&name).ok() } else { None };
        let zone = zone.filter(|zone| zone.iana_name().is_some());
        zone.map(Self).ok_or_else(|| "an IANA time zone, such as `Europe/Vienna`, is expected".to_owned())
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_nonsense_is_refused() {
        assert_eq!(Zone::try_from("europe/vienna".to_owned()).unwrap().name(), "Europe/Vienna");
        assert_eq!(Zone::UTC, Zone::try_from("UTC".to_owned()).unwrap());
        for zone in ["Mars/Olympus", "", "+01:00", "../../etc/passwd"] {
            assert!(Zone::try_from(zone.to_owned()).is_err(), "{zone}");
        }
    }
}
