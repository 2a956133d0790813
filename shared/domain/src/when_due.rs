//! When something is due: on a day, at a time in a place, or at a moment.

use crate::zone::Zone;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{Disambiguation, OffsetConflict};
use jiff::{Timestamp, Zoned};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Written as text (RFC 3339, RFC 9557), to the second.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub enum Due {
    /// All of a day, wherever the owner is then: it is over when that day ends there.
    Day(Date),
    /// By the clocks of a place. Where they skip this time, the one that they show instead (02:30 becomes 03:30);
    /// where they show it twice, the earlier one, unless the offset says the later. A wrong offset counts for nothing.
    At(Zoned),
    /// The same everywhere.
    Moment(Timestamp),
}

/// What was given does not say when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADue {
    #[error(
        "a day (`2026-03-01`), a time in a place (`2026-03-01T09:00:00[Europe/Berlin]`) or a moment \
         (`2026-03-01T09:00:00Z`, `2026-03-01T09:00:00+01:00`) is expected"
    )]
    Form,
    #[error(
        "a time needs its place or its offset, as in `2026-03-01T09:00:00[Europe/Berlin]` or `2026-03-01T09:00:00+01:00`"
    )]
    Nowhere,
    #[error("the place in brackets has to be an IANA time zone, as in `2026-03-01T09:00:00[Europe/Berlin]`")]
    Zone,
    #[error("there is no such day or time in the calendar of the years 0001 to 9999")]
    Calendar,
}

/// The first part is what every form begins with.
const PATTERN: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\
    (T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?\
    (Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]|(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?\\[[A-Za-z0-9_+/-]{1,60}\\]))?$";

impl Due {
    /// When it is over: from then on it is overdue, unless it was done.
    pub fn ends(&self, owner: &Zone) -> Timestamp {
        match self {
            Self::Day(day) => day.tomorrow().map_or(Timestamp::MAX, |next| start_of(next, owner)),
            Self::At(time) => time.timestamp(),
            Self::Moment(moment) => *moment,
        }
    }

    /// When the day begins, or the moment.
    pub fn begins(&self, owner: &Zone) -> Timestamp {
        match self {
            Self::Day(day) => start_of(*day, owner),
            _ => self.ends(owner),
        }
    }

    pub fn is_overdue(&self, now: Timestamp, owner: &Zone) -> bool {
        self.ends(owner) <= now
    }

    /// On which day of that place's calendar it is due; a day is the same one everywhere.
    pub fn day_in(&self, zone: &Zone) -> Date {
        match self {
            Self::Day(day) => *day,
            _ => zone.to_datetime(self.ends(zone)).date(),
        }
    }

    /// Sorts as `ends` does. That of a day holds in this place; in another one the day ends up to 26 hours earlier or later.
    pub fn as_sort_key(&self, owner: &Zone) -> String {
        Self::sort_key_of(self.ends(owner))
    }

    /// Whatever is over by then has this key or a lower one.
    pub fn sort_key_of(end: Timestamp) -> String {
        end.strftime("%Y%m%dT%H%M%SZ").to_string()
    }
}

fn start_of(day: Date, zone: &Zone) -> Timestamp {
    // Time ends on the last day but one of the year 9999.
    day.to_zoned(zone.clone().into()).map_or(Timestamp::MAX, |start| start.timestamp())
}

impl FromStr for Due {
    type Err = NotADue;

    fn from_str(text: &str) -> Result<Self, NotADue> {
        use NotADue::{Calendar, Form, Nowhere};
        let (stamp, place) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((stamp, place)) => (stamp, Some(place)),
            None => (text, None),
        };
        let offset = written(stamp).ok_or(Form)?;
        let year = stamp.get(..4).unwrap_or_default();
        let due = match (offset, place) {
            _ if year == "0000" => return Err(Calendar),
            (Written::Day, None) => Self::Day(stamp.parse().map_err(|_| Calendar)?),
            (Written::Day, Some(_)) => return Err(Form),
            (Written::Time, None) => return Err(Nowhere),
            (Written::Moment, None) => {
                let moment: Timestamp = stamp.parse().map_err(|_| Calendar)?;
                Self::Moment(Timestamp::from_second(moment.as_second()).map_err(|_| Calendar)?)
            }
            (_, Some(place)) => {
                let zone = Zone::try_from(place.to_owned()).map_err(|_| NotADue::Zone)?;
                let time =
                    IN_A_PLACE.parse_zoned(format!("{stamp}[{}]", zone.name())).map_err(|_| Calendar)?;
                Self::At(time.with().subsec_nanosecond(0).build().map_err(|_| Calendar)?)
            }
        };
        if due.day_in(&Zone::UTC).year() > 0 { Ok(due) } else { Err(Calendar) }
    }
}

const IN_A_PLACE: DateTimeParser = DateTimeParser::new()
    .offset_conflict(OffsetConflict::PreferOffset)
    .disambiguation(Disambiguation::Compatible);

/// What stands before a place.
enum Written {
    Day,
    Time,
    Moment,
}

/// As `PATTERN` says it; whether there is such a day is for the calendar.
fn written(stamp: &str) -> Option<Written> {
    let rest = stripped(stamp, "0000-00-00")?;
    if rest.is_empty() {
        return Some(Written::Day);
    }
    let mut rest = stripped(rest, "T00:00")?;
    if let Some(seconds) = stripped(rest, ":00") {
        rest = seconds;
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (1..=9).contains(&(fraction.len() - rest.len())).then_some(())?;
        }
    }
    let offset = rest.strip_prefix(['+', '-']).and_then(|offset| stripped(offset, "00:00"));
    match (rest, offset) {
        ("", _) => Some(Written::Time),
        ("Z", _) | (_, Some("")) => Some(Written::Moment),
        _ => None,
    }
}

/// What follows on text of this form, where `0` stands for any digit.
fn stripped<'t>(text: &'t str, form: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(form.len())?;
    let fits = |(have, want): (u8, u8)| if want == b'0' { have.is_ascii_digit() } else { have == want };
    head.bytes().zip(form.bytes()).all(fits).then_some(rest)
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::At(time) => time.fmt(f),
            Self::Moment(moment) => moment.fmt(f),
        }
    }
}

/// The same text: 9:00 in Berlin and in Vienna are the same moment, but not the same due.
impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Day(one), Self::Day(other)) => one == other,
            (Self::At(one), Self::At(other)) => one == other && one.time_zone() == other.time_zone(),
            (Self::Moment(one), Self::Moment(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Due {}

impl TryFrom<String> for Due {
    type Error = NotADue;

    fn try_from(text: String) -> Result<Self, NotADue> {
        text.parse()
    }
}

impl Serialize for Due {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Due {
    fn schema_name() -> Cow<'static, str> {
        "Due".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A day; or a time in a place, as its clocks show it; or a moment, with `Z` or an offset.",
            "pattern": PATTERN,
            "examples": ["2026-03-01", "2026-03-01T09:00:00[Europe/Berlin]", "2026-03-01T09:00:00Z"],
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
