//! Long work of an owner who does not wait for it: whoever asks how far it is does the next part of it.

use crate::id::{ConnectionId, JobId, OwnerId, UndoId};
use crate::shelf::{self, Entity};
use crate::table::{Expect, Expiry, Put, Query, RowKey};
use crate::undo::{Counts, Did, Place, Undone, Which};
use crate::{Result, schema};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// For how long it can be asked about, from its beginning on.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// For how long one who asks has it for themselves: longer than a call may take.
const TURN: SignedDuration = SignedDuration::from_secs(60);

/// So many items that were left as they are it tells; all are counted.
const MOST_CONFLICTS: usize = 200;

/// The undo of what a connection wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub connection: ConnectionId,
    pub undo: UndoId,
    pub which: Which,
    /// Where it goes on; none at its end.
    next: Option<Place>,
    pub status: Status,
    pub counts: Counts,
    pub conflicts: Vec<Undone>,
    /// Until then somebody does a part of it.
    #[serde(default)]
    taken_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    /// Asking how far it is goes on with it.
    Working,
    Completed,
    /// What was done until then stays done.
    Cancelled,
}

/// How far it is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Job")]
pub struct View<'a> {
    id: JobId,
    connection: ConnectionId,
    status: Status,
    /// What it is called, to undo it by.
    undo: UndoId,
    /// How many items were dealt with in which way so far.
    counts: Counts,
    /// The first of those that were left as they are.
    conflicts: &'a [Undone],
    /// Until then it can be asked about.
    until: Timestamp,
}

impl Job {
    pub fn new(id: JobId, connection: ConnectionId, undo: UndoId, which: Which, at: Timestamp) -> Self {
        Self {
            id,
            connection,
            undo,
            which,
            next: Some(Place::default()),
            status: Status::Working,
            counts: Counts::default(),
            conflicts: Vec::new(),
            taken_until: None,
            created_at: at,
            version: 0,
        }
    }

    /// Where it goes on, if nobody else is at it.
    pub fn part(&self, now: Timestamp) -> Option<Place> {
        let is_free = self.taken_until.is_none_or(|until| until <= now);
        self.next.clone().filter(|_| is_free && self.status == Status::Working)
    }

    /// Somebody is at it, so that no part is done and counted by two.
    #[must_use]
    pub fn taken(self, now: Timestamp) -> Self {
        Self { taken_until: Some(now + TURN), ..self }
    }

    /// With one part more.
    #[must_use]
    pub fn after(mut self, done: Vec<Undone>, next: Option<Place>) -> Self {
        self.counts = self.counts.and(Counts::of(&done));
        let left = MOST_CONFLICTS.saturating_sub(self.conflicts.len());
        self.conflicts.extend(done.into_iter().filter(|one| one.did == Did::Conflict).take(left));
        let status = if next.is_some() { Status::Working } else { Status::Completed };
        Self { next, status, taken_until: None, ..self }
    }

    #[must_use]
    pub fn cancelled(self) -> Self {
        Self { status: Status::Cancelled, next: None, ..self }
    }

    /// What makes it as it is now, if it is still at the version that it was read at.
    pub fn put(self, owner: OwnerId) -> Result<(Self, Put)> {
        let expect = if self.version == 0 { Expect::Absent } else { Expect::Version(self.version) };
        shelf::put(self, owner, expect)
    }

    pub fn view(&self) -> View<'_> {
        let &Self { id, connection, status, undo, counts, .. } = self;
        View { id, connection, status, undo, counts, conflicts: &self.conflicts, until: self.until() }
    }

    fn until(&self) -> Timestamp {
        self.created_at + KEPT
    }
}

impl Entity for Job {
    type Id = JobId;
    const NAME: &'static str = "job";

    fn key(owner: OwnerId, id: JobId) -> RowKey {
        schema::job(owner, id)
    }
    fn all(owner: OwnerId) -> Query {
        schema::jobs(owner)
    }
    fn id(&self) -> JobId {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
    fn expires(&self) -> Option<Expiry> {
        Some(Expiry::at(self.until()))
    }
}
