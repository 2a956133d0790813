//! Time windows: when a rule holds.

use crate::text::List;
use crate::zone::Zone;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule holds while every condition that is given does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// Hours of the day, on some days of the week. From 22:00 to 06:00 means the night that begins on such a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Hours {
    /// Every day, if none is named.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub days: List<Day, 7>,
    pub from: TimeOfDay,
    pub to: TimeOfDay,
    pub time_zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Day {
    #[serde(alias = "monday")]
    Mon,
    #[serde(alias = "tuesday")]
    Tue,
    #[serde(alias = "wednesday")]
    Wed,
    #[serde(alias = "thursday")]
    Thu,
    #[serde(alias = "friday")]
    Fri,
    #[serde(alias = "saturday")]
    Sat,
    #[serde(alias = "sunday")]
    Sun,
}

/// `HH:MM`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
pub struct TimeOfDay(Time);

/// The moment of one decision; the clock of a place is looked up once for all rules that speak of it.
pub(super) struct Moment<'g> {
    at: Timestamp,
    looked_up: Option<(&'g Zone, DateTime)>,
}

impl<'g> Moment<'g> {
    pub(super) const fn new(at: Timestamp) -> Self {
        Self { at, looked_up: None }
    }

    fn local(&mut self, zone: &'g Zone) -> DateTime {
        match self.looked_up {
            Some((known, local)) if known == zone => local,
            _ => self.looked_up.insert((zone, zone.to_datetime(self.at))).1,
        }
    }
}

impl When {
    pub(super) fn holds<'g>(&'g self, moment: &mut Moment<'g>) -> bool {
        self.not_before.is_none_or(|start| start <= moment.at)
            && self.not_after.is_none_or(|end| moment.at < end)
            && self.hours.as_ref().is_none_or(|hours| hours.hold(moment.local(&hours.time_zone)))
    }
}

impl Hours {
    fn hold(&self, local: DateTime) -> bool {
        let (now, today) = (TimeOfDay(local.time()), local.date());
        let on = |date: jiff::civil::Date| {
            self.days.is_empty() || self.days.iter().any(|day| *day == Day::from(date.weekday()))
        };
        if self.from < self.to {
            return on(today) && self.from <= now && now < self.to;
        }
        let yesterday = today.checked_sub(1.day()).unwrap_or(today);
        on(today) && self.from <= now || on(yesterday) && now < self.to
    }
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Mon => Self::Monday,
            Day::Tue => Self::Tuesday,
            Day::Wed => Self::Wednesday,
            Day::Thu => Self::Thursday,
            Day::Fri => Self::Friday,
            Day::Sat => Self::Saturday,
            Day::Sun => Self::Sunday,
        }
    }
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let shape = text.len() == 5 && text.get(2..3) == Some(":");
        let time = Time::strptime("%H:%M", &text).ok().filter(|_| shape);
        time.map(Self).ok_or("a time of day as HH:MM, from 00:00 to 23:59, is expected")
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.0.strftime("%H:%M").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(json: &str) -> Hours {
        serde_json::from_str(json).unwrap()
    }

    /// As a rule asks: by the clock of its place.
    fn open(hours: &Hours, at: &str) -> bool {
        let when = When { hours: Some(hours.clone()), ..When::default() };
        when.holds(&mut Moment::new(at.parse().unwrap()))
    }

    #[test]
    fn office_hours_follow_the_clocks_of_their_place() {
        let office = r#"{"days":["mon","fri"],"from":"09:00","to":"17:00","time_zone":"Europe/Vienna"}"#;
        let office = hours(office);
        // A Monday in winter (UTC+1), then one in summer (UTC+2).
        assert!(open(&office, "2026-01-05T08:00:00Z") && !open(&office, "2026-01-05T07:59:59Z"));
        assert!(open(&office, "2026-07-06T07:00:00Z") && !open(&office, "2026-07-06T15:00:00Z"));
        assert!(!open(&office, "2026-01-06T10:00:00Z"), "a Tuesday");
    }

    #[test]
    fn a_night_belongs_to_the_day_that_it_begins_on() {
        let night = hours(r#"{"days":["fri"],"from":"22:00","to":"06:00","time_zone":"UTC"}"#);
        assert!(open(&night, "2026-01-09T22:00:00Z") && open(&night, "2026-01-10T05:59:00Z"));
        assert!(!open(&night, "2026-01-10T22:00:00Z") && !open(&night, "2026-01-09T05:00:00Z"));
    }

    #[test]
    fn nonsense_is_refused() {
        for time in ["9:00", "24:00", "09:60", "0900", "", "09:00:00"] {
            assert!(TimeOfDay::try_from(time.to_owned()).is_err(), "{time}");
        }
    }
}
