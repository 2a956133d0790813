//! A rule as text: `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=10`.

use super::{ByDay, End, Every, Recurrence};
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

const SUPPORTED: &str = "FREQ=DAILY, WEEKLY or MONTHLY; INTERVAL=1 to 366; in weeks and months BYDAY=MO,FR, in months \
    also as BYDAY=1MO,-1FR (the first, the last) and BYMONTHDAY=1 to 31 or -1 (the last); and either COUNT=1 to 1000 \
    or UNTIL=20261231 or UNTIL=20261231T170000Z";
const MOST_BYTES: usize = 500;

/// Monday first, as weeks begin.
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// What is wrong with a rule, in a few words; what there is instead is said with it.
type Wrong = String;

#[derive(Default)]
struct Parts<'t> {
    every: Option<&'t str>,
    interval: Option<&'t str>,
    by_day: Option<&'t str>,
    by_month_day: Option<&'t str>,
    count: Option<&'t str>,
    until: Option<&'t str>,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Result<Self, Wrong> {
        let mut parts = Self::default();
        for part in text.strip_prefix("RRULE:").unwrap_or(text).split(';') {
            let (name, value) = part.split_once('=').ok_or("a rule is made of parts such as FREQ=DAILY")?;
            let slot = match name {
                "FREQ" => &mut parts.every,
                "INTERVAL" => &mut parts.interval,
                "BYDAY" => &mut parts.by_day,
                "BYMONTHDAY" => &mut parts.by_month_day,
                "COUNT" => &mut parts.count,
                "UNTIL" => &mut parts.until,
                _ => return Err("it has a part that is not supported".to_owned()),
            };
            if slot.replace(value).is_some() {
                return Err(format!("{name} is there twice"));
            }
        }
        Ok(parts)
    }

    fn rule(&self) -> Result<Recurrence, Wrong> {
        let every = match self.every {
            Some("DAILY") => Every::Day,
            Some("WEEKLY") => Every::Week,
            Some("MONTHLY") => Every::Month,
            _ => return Err("FREQ is missing or is none of these".to_owned()),
        };
        let interval =
            self.interval.map_or(Some(1), |text| number(text, 366)).ok_or("INTERVAL is no such number")?;
        let end = match (self.count, self.until) {
            (None, None) => End::Never,
            (Some(count), None) => End::Count(number(count, 1000).ok_or("COUNT is no such number")?),
            (None, Some(until)) => last(until).ok_or("UNTIL is no such day or moment")?,
            (Some(_), Some(_)) => return Err("COUNT and UNTIL exclude each other".to_owned()),
        };
        let mut by_day = list(self.by_day, by_day).ok_or("BYDAY names no such days")?;
        let mut by_month_day =
            list(self.by_month_day, by_month_day).ok_or("BYMONTHDAY names no such days")?;
        if every == Every::Day && !by_day.is_empty() {
            return Err("instead of days with BYDAY write FREQ=WEEKLY".to_owned());
        }
        if every != Every::Month && (!by_month_day.is_empty() || by_day.iter().any(|by| by.nth.is_some())) {
            return Err("days of a month need FREQ=MONTHLY".to_owned());
        }
        by_day.sort_by_key(|by| by.place());
        by_day.dedup();
        by_month_day.sort_by_key(|day| from_the_end(*day));
        by_month_day.dedup();
        Ok(Recurrence { every, interval, by_day, by_month_day, end })
    }
}

impl ByDay {
    /// Any day first, then the first ones of a month, then the last ones.
    fn place(self) -> (Option<(bool, i8)>, i8) {
        (self.nth.map(from_the_end), self.weekday.to_monday_zero_offset())
    }
}

/// Sorts what is counted from the end behind what is counted from the beginning.
const fn from_the_end(nth: i8) -> (bool, i8) {
    (nth < 0, nth)
}

fn list<T>(text: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.map_or(Some(Vec::new()), |text| text.split(',').map(read).collect())
}

/// Without a sign, as canonical text has it.
fn number(text: &str, most: u16) -> Option<u16> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn by_day(text: &str) -> Option<ByDay> {
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday = WEEKDAYS.iter().find(|(known, _)| *known == name)?.1;
    let nth = match nth {
        "" => None,
        nth => Some(nth.parse().ok().filter(|nth: &i8| (1..=5).contains(&nth.unsigned_abs()))?),
    };
    Some(ByDay { nth, weekday })
}

fn by_month_day(text: &str) -> Option<i8> {
    text.parse().ok().filter(|day| (1..=31).contains(day) || *day == -1)
}

fn last(text: &str) -> Option<End> {
    let digits =
        |from: usize, to| text.get(from..to).is_some_and(|t| t.bytes().all(|byte| byte.is_ascii_digit()));
    if !digits(0, 8) || text.starts_with("0000") {
        return None;
    }
    if text.len() == 8 {
        return Date::strptime("%Y%m%d", text).ok().map(End::Day);
    }
    let time =
        DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok().filter(|_| text.len() == 16 && digits(9, 15))?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| End::Moment(time.timestamp()))
}

impl FromStr for Recurrence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule = if text.len() > MOST_BYTES {
            Err(format!("it is longer than {MOST_BYTES} bytes"))
        } else {
            Parts::of(text).and_then(|parts| parts.rule())
        };
        rule.map_err(|wrong| format!("{wrong}; supported are {SUPPORTED}"))
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.every {
            Every::Day => "FREQ=DAILY",
            Every::Week => "FREQ=WEEKLY",
            Every::Month => "FREQ=MONTHLY",
        })?;
        if self.interval > 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        for (at, by) in self.by_day.iter().enumerate() {
            f.write_str(if at == 0 { ";BYDAY=" } else { "," })?;
            by.fmt(f)?;
        }
        for (at, day) in self.by_month_day.iter().enumerate() {
            f.write_str(if at == 0 { ";BYMONTHDAY=" } else { "," })?;
            day.fmt(f)?;
        }
        match self.end {
            End::Never => Ok(()),
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::Day(day) => write!(f, ";UNTIL={}", day.strftime("%Y%m%d")),
            End::Moment(moment) => write!(f, ";UNTIL={}", moment.strftime("%Y%m%dT%H%M%SZ")),
        }
    }
}

impl fmt::Display for ByDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            nth.fmt(f)?;
        }
        let name = WEEKDAYS.iter().find(|(_, weekday)| *weekday == self.weekday);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl TryFrom<String> for Recurrence {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Serialize for Recurrence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Recurrence {
    fn schema_name() -> Cow<'static, str> {
        "Recurrence".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": format!("How it comes again, as in RFC 5545. Supported are {SUPPORTED}."),
            "maxLength": MOST_BYTES,
            "pattern": "^(RRULE:)?(FREQ|INTERVAL|BYDAY|BYMONTHDAY|COUNT|UNTIL)=[-+0-9A-Z,]+\
                (;(FREQ|INTERVAL|BYDAY|BYMONTHDAY|COUNT|UNTIL)=[-+0-9A-Z,]+)*$",
            "examples": ["FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;INTERVAL=3;COUNT=10"],
        })
    }
}
