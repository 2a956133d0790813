//! A call that waits until its owner has decided about it. What is kept is the call as it was sent: if the owner says yes,
//! just that is done, as far as the grant then allows it.

mod ended;
mod sent;
mod view;

pub use ended::{Ended, Refused};
pub use sent::{Request, said};
pub use view::{Status, View};

use crate::id::{ApprovalId, ConnectionId, OwnerId};
use crate::list::List;
use crate::shelf::Entity;
use crate::table::{Expect, Expiry, Places, Put, Query, RowKey, Slot, Write};
use crate::{Result, schema, shelf};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// For how long one can be decided about.
pub const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// So many calls of a connection may wait at once.
pub const MOST_WAITING: usize = 100;

/// A larger body does not wait.
pub const MOST_BODY_BYTES: usize = 64 * 1024;

/// What a call would do that has to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// By its name among all operations.
    pub operation: &'static str,
    /// What the item is called that it is about, if the connection may know that.
    pub about: Option<String>,
    /// The version at which it was then, if it is about one item alone.
    pub seen: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approval {
    pub id: ApprovalId,
    pub connection: ConnectionId,
    pub operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What was since written by others was not asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
    pub request: Request,
    pub asked_at: Timestamp,
    /// From then on nothing is done any more.
    pub until: Timestamp,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Ended>,
    pub version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Pending,
    /// The owner has said yes; whatever broke off the call, it can be begun again.
    Approved,
    /// It was done, or was refused.
    Done,
    Denied,
}

impl Approval {
    pub fn new(
        id: ApprovalId,
        connection: ConnectionId,
        asking: Asking,
        request: Request,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            connection,
            operation: asking.operation.to_owned(),
            about: asking.about,
            seen: asking.seen,
            request,
            asked_at: at,
            until: at + LIFE,
            state: State::Pending,
            decided_at: None,
            answer: None,
            version: 0,
        }
    }

    /// Whether it can still be decided about, or begun again.
    pub fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.state, State::Pending | State::Approved) && now < self.until
    }

    pub fn is_pending(&self) -> bool {
        self.state == State::Pending
    }

    pub fn is_denied(&self) -> bool {
        self.state == State::Denied
    }

    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    #[must_use]
    pub fn approved(self, at: Timestamp) -> Self {
        Self { state: State::Approved, decided_at: Some(at), ..self }
    }

    #[must_use]
    pub fn denied(self, at: Timestamp) -> Self {
        Self { state: State::Denied, decided_at: Some(at), ..self }
    }

    #[must_use]
    pub fn done(self, answer: Option<Ended>) -> Self {
        Self { state: State::Done, answer, ..self }
    }

    /// What makes it as it is now, if it is still at the version that it was read at.
    pub fn put(self, owner: OwnerId) -> Result<(Self, Put)> {
        let expect = if self.version == 0 { Expect::Absent } else { Expect::Version(self.version) };
        shelf::put(self, owner, expect)
    }

    /// Where calls of a connection come to wait.
    pub fn coming(owner: OwnerId, connection: ConnectionId) -> RowKey {
        schema::coming(owner, &format!("approval/{connection}"))
    }

    /// What the audit log says of it, so that it is known when it is here no more: what it does, to which item, and a hash
    /// of what it would do that with, as its owner is shown that.
    pub fn said(&self) -> String {
        said(&self.operation, &self.request.path, &self.request.shown())
    }

    /// Fails a transaction unless it is still at this version.
    pub fn check(&self, owner: OwnerId) -> Write {
        Write::Check { key: Self::key(owner, self.id), version: self.version }
    }

    /// Those of a connection that may still wait, oldest first.
    pub fn waiting_of(owner: OwnerId, connection: ConnectionId, now: Timestamp) -> List {
        let begin = ApprovalId::new(now - LIFE, [0; 10]).to_string();
        List::of([schema::waiting_approvals(owner, Some(connection))]).between(&begin, None)
    }
}

impl Entity for Approval {
    type Id = ApprovalId;
    const NAME: &'static str = "approval";

    fn key(owner: OwnerId, id: ApprovalId) -> RowKey {
        schema::approval(owner, id)
    }
    fn all(owner: OwnerId) -> Query {
        schema::approvals(owner)
    }
    fn id(&self) -> ApprovalId {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
    fn places(&self) -> Places {
        let waits = matches!(self.state, State::Pending | State::Approved);
        let place = schema::waiting_approval(self.connection, self.id);
        waits.then_some((Slot::First, place)).into_iter().collect()
    }
    fn expires(&self) -> Option<Expiry> {
        Some(Expiry::at(self.until + SignedDuration::from_hours(24 * 7)))
    }
}
