//! What became of one event at one webhook: its tries, and what waits to be done. The same row is the log of its
//! attempts, its place among what is parked, and what makes a message harmless that is handed out again.

use super::job::{Happened, Origin};
use crate::id::{ConnectionId, EventId, OwnerId, RequestId};
use crate::outbound::{Answer, OutboundError};
use crate::table::{Expect, Places, Put, Query, Row, Slot};
use crate::{Error, Result, schema};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// So many attempts are kept, and so many of them with what was answered: a row stays small.
const MOST_ATTEMPTS: usize = 20;
const MOST_ANSWERS: usize = 3;
const MOST_OF_AN_ERROR: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: EventId,
    pub connection: ConnectionId,
    /// As it was told; as the change is called where it was not told yet.
    pub event: String,
    pub at: Timestamp,
    /// What it is about.
    pub about: Option<String>,
    pub from: Origin,
    pub state: State,
    pub next: Option<Next>,
    /// How many tries of its schedule are used up.
    pub tries: u32,
    pub attempts: Vec<Attempt>,
    #[serde(skip)]
    version: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum State {
    /// It is tried again.
    Waiting,
    Delivered,
    /// It is sent when its webhook is sent to again.
    Parked,
    /// Given up.
    Failed,
    /// The webhook may not read it any more.
    Withdrawn,
}

/// The next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    pub at: Timestamp,
    /// What the message says that carries it (`Job::Send::due`): any other message is one of the past.
    pub by: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Attempt {
    pub at: Timestamp,
    /// How long it took.
    pub micros: u64,
    /// What was answered, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The beginning of the answer, without what looks like a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The call in which the owner asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<RequestId>,
}

impl Delivery {
    pub fn new(id: EventId, connection: ConnectionId, from: Origin, happened: Option<&Happened>) -> Self {
        let event = happened.map_or_else(|| "unknown".to_owned(), Happened::event);
        let about = happened.and_then(Happened::about).map(str::to_owned);
        let at = happened.map_or_else(|| id.at(), Happened::at);
        // A test has one try: unless that is taken, it has failed.
        let state = if from.is_test() { State::Failed } else { State::Waiting };
        let (next, tries, attempts) = (None, 0, Vec::new());
        Self { id, connection, event, at, about, from, state, next, tries, attempts, version: None }
    }

    pub fn read(row: &Row) -> Result<Self> {
        let read: Self =
            serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?;
        Ok(Self { version: Some(row.version), ..read })
    }

    pub fn put(&self, owner: OwnerId) -> Result<Put> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        let expires = Some(schema::delivery_expiry(self.at));
        let key = schema::delivery(owner, self.connection, self.id);
        let expect = self.version.map_or(Expect::Absent, Expect::Version);
        Ok(Put { expires, places: self.places(), ..Put::new(key, body, expect) })
    }

    fn places(&self) -> Places {
        match self.state {
            // What is tried within the minute waits in the queue.
            State::Waiting if self.next.is_none_or(|next| next.by != Some(next.at)) => Places::new(),
            State::Parked | State::Failed | State::Waiting => {
                let place = schema::delivery_place(self.connection, self.state.name(), self.id);
                Places::from([(Slot::First, place)])
            }
            State::Delivered | State::Withdrawn => Places::new(),
        }
    }

    /// Whether it waits for this very message.
    pub fn waits_for(&self, due: Option<Timestamp>, again: Option<RequestId>) -> bool {
        match again {
            Some(_) => self.attempts.iter().all(|attempt| attempt.again != again),
            None => self.state == State::Waiting && self.next.is_some_and(|next| next.by == due),
        }
    }

    pub fn attempted(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
        let spare = self.attempts.len().saturating_sub(MOST_ATTEMPTS);
        self.attempts.drain(..spare);
        for old in self.attempts.iter_mut().rev().skip(MOST_ANSWERS) {
            old.answer = None;
        }
    }

    pub fn becomes(&mut self, state: State, next: Option<Next>) {
        (self.state, self.next) = (state, next);
    }
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
            Self::Failed => "failed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Those that are so now, oldest first; of parked and failed ones, and of those that wait for more than a minute.
    pub fn all(self, owner: OwnerId, connection: ConnectionId) -> Query {
        schema::deliveries_that_are(owner, connection, self.name())
    }
}

impl Attempt {
    pub fn of(
        at: Timestamp,
        micros: u64,
        answer: &Result<Answer, OutboundError>,
        again: Option<RequestId>,
    ) -> Self {
        let (status, error, answer) = match answer {
            Ok(answer) => (Some(answer.status), None, super::policy::shown(&answer.body)),
            // A certificate that is another's names all that it is for.
            Err(error) => (None, Some(error.to_string().chars().take(MOST_OF_AN_ERROR).collect()), None),
        };
        Self { at, micros, status, error, answer, again }
    }
}
