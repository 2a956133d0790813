//! What comes again: the part of RFC 5545's recurrence rules that tasks need.

mod read;

use crate::when_due::Due;
use crate::zone::Zone;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::AmbiguousOffset;
use jiff::{Span, Timestamp, ToSpan as _, Zoned};
use serde::Deserialize;

/// Checked, sorted and without repetitions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Recurrence {
    every: Every,
    interval: u16,
    by_day: Vec<ByDay>,
    by_month_day: Vec<i8>,
    end: End,
}

/// What comes next, and what is left of the rule then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    pub due: Due,
    pub recurrence: Recurrence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Day,
    Week,
    Month,
}

/// Any such day, or one of a month: the first is 1, the last -1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByDay {
    nth: Option<i8>,
    weekday: Weekday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Never,
    /// How many are left, the present one included.
    Count(u16),
    /// The last one is not after this day, or this moment.
    Day(Date),
    Moment(Timestamp),
}

/// The calendar repeats itself after as many months, weekdays included: what did not come by then never does.
const MOST_EMPTY_PERIODS: u32 = 4800;

impl Recurrence {
    /// The first after `after` that also begins after it was `done`: what was missed is not made up for, but counts.
    /// A time keeps to the clocks of its place, a moment to the owner's, whose weeks begin on the day `week`; as in RFC 5545, days that a month does not
    /// have and times that clocks skip are left out. `None` when it ends, or never comes again.
    pub fn next(&self, after: &Due, done: Timestamp, owner: &Zone, week: Weekday) -> Option<Next> {
        let (first, mut left) = (after.local(owner), self.end);
        let mut empty = 0;
        for period in self.start(first.date(), done, owner).. {
            let days = self.days(first.date(), period, week)?;
            empty = if days.is_empty() { empty + 1 } else { 0 };
            if empty > MOST_EMPTY_PERIODS {
                return None;
            }
            for day in days.into_iter().filter(|day| *day > first.date()) {
                let Some(due) = after.moved_to(day, owner) else { continue };
                left = left.after(&due, owner)?;
                if due.begins(owner) > done {
                    return Some(Next { due, recurrence: Self { end: left, ..self.clone() } });
                }
            }
        }
        None
    }

    /// Where to begin to look: what is not counted can be passed over, but for the few days that two places are apart.
    fn start(&self, first: Date, done: Timestamp, owner: &Zone) -> i64 {
        let days = i64::from(first.until(owner.to_datetime(done).date()).map_or(0, |span| span.get_days()));
        let passed = match self.every {
            Every::Day => days,
            Every::Week => days / 7,
            Every::Month => days / 31,
        };
        if matches!(self.end, End::Count(_)) { 0 } else { (passed / i64::from(self.interval) - 3).max(0) }
    }

    /// The days of one period; the one of `first` is 0. `None` beyond the calendar.
    fn days(&self, first: Date, period: i64, week: Weekday) -> Option<Vec<Date>> {
        let steps = period.checked_mul(self.interval.into())?;
        let (begin, length) = match self.every {
            Every::Day => (first.checked_add(Span::new().try_days(steps).ok()?).ok()?, 1),
            Every::Week => {
                let begin = first.checked_sub(first.weekday().since(week).days()).ok()?;
                (begin.checked_add(Span::new().try_weeks(steps).ok()?).ok()?, 7)
            }
            Every::Month => {
                let begin = first.first_of_month().checked_add(Span::new().try_months(steps).ok()?).ok()?;
                (begin, begin.days_in_month())
            }
        };
        let days = (0..length).filter_map(|day| begin.checked_add(day.days()).ok());
        Some(days.filter(|day| self.names(*day, first)).collect())
    }

    fn names(&self, day: Date, first: Date) -> bool {
        let unnamed = self.by_day.is_empty() && self.by_month_day.is_empty();
        let by_default = match self.every {
            Every::Day => true,
            Every::Week => day.weekday() == first.weekday(),
            Every::Month => day.day() == first.day(),
        };
        let in_month = |nth: &i8| *nth == day.day() || *nth == day.day() - day.days_in_month() - 1;
        (!unnamed || by_default)
            && (self.by_day.is_empty() || self.by_day.iter().any(|by| by.is(day)))
            && (self.by_month_day.is_empty() || self.by_month_day.iter().any(in_month))
    }
}

impl ByDay {
    fn is(self, day: Date) -> bool {
        let from_start = (day.day() - 1) / 7 + 1;
        let from_end = -((day.days_in_month() - day.day()) / 7 + 1);
        day.weekday() == self.weekday && self.nth.is_none_or(|nth| nth == from_start || nth == from_end)
    }
}

impl End {
    /// What is left once this has come; `None` if it does not come any more.
    fn after(self, due: &Due, owner: &Zone) -> Option<Self> {
        let comes = match self {
            Self::Never => true,
            Self::Count(left) => return (left > 1).then(|| Self::Count(left - 1)),
            Self::Day(last) => due.local(owner).date() <= last,
            Self::Moment(last) => match due {
                Due::Day(day) => *day <= owner.to_datetime(last).date(),
                time => time.ends(owner) <= last,
            },
        };
        comes.then_some(self)
    }
}

impl Due {
    /// What the clocks that it keeps to show then.
    fn local(&self, owner: &Zone) -> DateTime {
        match self {
            Self::Day(day) => day.to_datetime(jiff::civil::Time::midnight()),
            Self::At(time) => time.datetime(),
            Self::Moment(moment) => owner.to_datetime(*moment),
        }
    }

    /// The same time of another day, unless the clocks skip it.
    fn moved_to(&self, day: Date, owner: &Zone) -> Option<Self> {
        let local = self.local(owner).with().date(day).build().ok()?;
        let shown = |zone: &jiff::tz::TimeZone| -> Option<Zoned> {
            let time = zone.to_ambiguous_zoned(local);
            let skipped = matches!(time.offset(), AmbiguousOffset::Gap { .. });
            if skipped { None } else { time.compatible().ok() }
        };
        match self {
            Self::Day(_) => Some(Self::Day(day)),
            Self::At(time) => shown(time.time_zone()).map(Self::At),
            Self::Moment(_) => shown(owner).map(|time| Self::Moment(time.timestamp())),
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
