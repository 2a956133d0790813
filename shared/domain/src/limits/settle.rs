//! What remains to be done about the limits once it is known whether a call was let in.

use super::{Standing, Window, Windows};
use crate::id::{ConnectionId, OwnerId};
use crate::notice::{About, Notice};
use crate::schema;
use crate::table::{Addition, Counters};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// A key that is refused is noted this often in an hour, so that who hammers with it fills no log.
const MOST_REFUSALS: i64 = 100;

/// What follows from where a call stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What is still to be added to the counters that the call was admitted by, and what is dropped there.
    pub rate: Addition,
    pub notices: Vec<Notice>,
    /// Whether this call is noted one by one, or is only counted.
    pub is_noted: bool,
}

/// One call's place in the counters.
pub struct Taken<'a> {
    pub owner: OwnerId,
    pub connection: ConnectionId,
    pub at: Timestamp,
    pub windows: &'a Windows,
    /// As they were after this call was added.
    pub counters: &'a Counters,
}

impl Taken<'_> {
    /// After an admitted call or one that a limit refused: a refused call gives back what it took.
    pub fn settle(&self, standing: &Standing) -> Settled {
        let mut rate = self.tidy();
        let reached = standing.reached().map(|reached| reached.window);
        if reached.is_some() {
            self.give_back(&mut rate);
        }
        let mut notices = Vec::new();
        for measure in standing.0.iter().filter(|measure| measure.window != Window::Burst) {
            let until = self.at + SignedDuration::from_secs(measure.ends_in);
            let (window, limit) = (measure.window.name().to_owned(), measure.limit);
            let (mark, about) = match reached {
                Some(reached) if reached == measure.window => {
                    ('l', About::LimitReached { window, limit, until })
                }
                None if measure.is_close() => ('w', About::LimitWarning { window, limit, until }),
                // Calls that another window refuses are in this one only until they have given their place back.
                _ => continue,
            };
            // Marked beside the counter: who comes later need not tell it again.
            let mark = format!("{mark}{}", self.windows.counter(measure.window));
            if !self.counters.contains_key(&mark) {
                rate.add.insert(mark, 1);
                notices.push(Notice { connection: self.connection, at: self.at, about });
            }
        }
        Settled { rate, notices, is_noted: true }
    }

    /// After a call whose key was refused, which must not use up what belongs to the key that holds.
    pub fn refuse(&self) -> Settled {
        let mut rate = self.tidy();
        self.give_back(&mut rate);
        let refusals = format!("x{}", self.windows.counter(Window::Hour));
        let is_noted = self.counters.get(&refusals).is_none_or(|before| *before < MOST_REFUSALS);
        rate.add.insert(refusals, 1);
        Settled { rate, notices: Vec::new(), is_noted }
    }

    /// The first call of a minute drops the counters of earlier ones, but for the one before: late calls may still
    /// be counted in that.
    fn tidy(&self) -> Addition {
        let Self { owner, connection, at, windows, counters } = *self;
        let burst = windows.counter(Window::Burst);
        let kept = Windows::at(at - SignedDuration::from_secs(Window::Burst.seconds()));
        let past = |name: &&String| name.starts_with('m') && name.as_str() < kept.counter(Window::Burst);
        let first = counters.get(burst) == Some(&1) && windows.expires() == kept.expires();
        let drop = if first { counters.keys().filter(past).cloned().collect() } else { BTreeSet::new() };
        let key = schema::rate(owner, connection, at);
        Addition { key, add: Counters::new(), drop, expires: windows.expires() }
    }

    fn give_back(&self, rate: &mut Addition) {
        rate.add.extend(self.windows.one_call().map(|(name, taken)| (name.to_owned(), -taken)));
    }
}
