//! What remains to be done about the limits once a call was let in, or refused by one of them.

use super::{Standing, Window, Windows};
use crate::id::{ConnectionId, OwnerId};
use crate::notice::{About, Notice};
use crate::schema;
use crate::table::{Addition, Counters, Taken};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// What follows from where a call stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What is marked beside the counters, and which of them are dropped.
    pub rate: Addition,
    pub notices: Vec<Notice>,
}

/// Whose call, and when.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    pub owner: OwnerId,
    pub connection: ConnectionId,
    pub at: Timestamp,
}

impl Settled {
    pub fn of(call: Call, taken: &Taken, standing: &Standing) -> Self {
        let Call { owner, connection, at } = call;
        let (windows, mut marks, mut notices) = (Windows::at(at), Counters::new(), Vec::new());
        let reached = standing.reached().filter(|_| !taken.is_taken).map(|reached| reached.window);
        for measure in standing.0.iter().filter(|measure| measure.window != Window::Burst) {
            let until = at + SignedDuration::from_secs(measure.ends_in);
            let (window, limit) = (measure.window.name().to_owned(), measure.limit);
            let (mark, about) = match reached {
                Some(reached) if reached == measure.window => {
                    ('l', About::LimitReached { window, limit, until })
                }
                None if measure.is_close() => ('w', About::LimitWarning { window, limit, until }),
                _ => continue,
            };
            // Marked beside the counter: who comes later need not tell it again.
            let mark = format!("{mark}{}", windows.counter(measure.window));
            if !taken.counters.contains_key(&mark) {
                marks.insert(mark, 1);
                notices.push(Notice { connection, at, about });
            }
        }
        let rate = Addition {
            key: schema::rate(owner, connection),
            add: marks,
            drop: past(at, taken),
            // A connection that was deleted in the meantime leaves nothing to mark.
            expires: None,
        };
        Self { rate, notices }
    }
}

/// The first call of a minute drops what is over, but for the minute before: late calls may still be counted in that.
fn past(at: Timestamp, taken: &Taken) -> BTreeSet<String> {
    let first = taken.is_taken && taken.counters.get(&Windows::at(at).counter(Window::Burst)) == Some(&1);
    let kept = Windows::at(at - SignedDuration::from_secs(Window::Burst.seconds()));
    let past = taken.counters.keys().filter(|name| first && kept.are_past(name));
    past.cloned().collect()
}
