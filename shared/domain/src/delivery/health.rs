//! Whether a webhook is sent to, or what is for it is parked.

use crate::id::{ConnectionId, OwnerId};
use crate::table::{Expect, Put, Row};
use crate::{Error, Result, schema};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// So many failures in a row that last so long, or of very many a moment: one that fails every other time is not taken for
/// one that is down.
const MOST_FAILURES: u32 = 5;
const AT_LEAST: SignedDuration = SignedDuration::from_secs(2);
const VERY_MANY: u32 = 30;
const A_MOMENT: SignedDuration = SignedDuration::from_millis(500);

/// After so long its owner has to look.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(24 * 5);

/// How long one that failed is left alone: the first time, the second time…
const PAUSES: [i64; 6] = [5, 60, 120, 300, 600, 900];

/// Longer than a release takes.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A release that should have been so long ago was lost.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);

/// No release is put off for longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(25);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub connection: ConnectionId,
    /// In a row.
    pub failures: u32,
    /// When the first of them began.
    pub failing_since: Option<Timestamp>,
    /// When the last of them did.
    #[serde(default)]
    failed_at: Option<Timestamp>,
    /// What comes is parked behind what is parked.
    pub parking: bool,
    /// When what is parked is looked at next, if anybody is to.
    pub release_at: Option<Timestamp>,
    pauses: usize,
    leased_until: Option<Timestamp>,
    /// Somebody wants a release, and whoever has the lease goes on because of it.
    #[serde(default)]
    pub wanted: bool,
    #[serde(skip)]
    version: Option<u64>,
    /// Whether what comes was parked when this was read.
    #[serde(skip)]
    parked: bool,
}

/// What follows of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Stay,
    Park,
    Disable,
}

impl Health {
    pub const fn new(connection: ConnectionId) -> Self {
        Self {
            connection,
            failures: 0,
            failing_since: None,
            failed_at: None,
            parking: false,
            release_at: None,
            pauses: 0,
            leased_until: None,
            wanted: false,
            version: None,
            parked: false,
        }
    }

    pub fn of(connection: ConnectionId, row: Option<&Row>) -> Result<Self> {
        let Some(row) = row else { return Ok(Self::new(connection)) };
        let read: Self =
            serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?;
        Ok(Self { version: Some(row.version), parked: read.parking, ..read })
    }

    pub fn put(&self, owner: OwnerId, now: Timestamp) -> Result<Put> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        let expires = Some(schema::health_expiry(now));
        Ok(Put { expires, ..Put::new(schema::health(owner, self.connection), body, self.expect()) })
    }

    fn expect(&self) -> Expect {
        self.version.map_or(Expect::Absent, Expect::Version)
    }

    /// That of the row once this is written.
    pub fn next_version(&self) -> u64 {
        self.expect().next()
    }

    /// It was written; what follows is written upon that.
    pub fn written(&mut self) {
        (self.version, self.parked) = (Some(self.next_version()), self.parking);
    }

    /// Whether what comes is parked from here on, or from here on is not.
    pub const fn turns(&self) -> bool {
        self.parking != self.parked
    }

    /// The same, upon what was written meanwhile.
    #[must_use]
    pub fn instead_of(self, found: &Self) -> Self {
        Self { version: found.version, parked: found.parked, wanted: found.wanted, ..self }
    }

    /// A try that began then and has failed.
    pub fn failed(&mut self, began: Timestamp, now: Timestamp) -> Step {
        self.failures = self.failures.saturating_add(1);
        // While nobody tried, because the machine slept or its clock was set, nothing failed.
        let idle = self.failed_at.map_or(SignedDuration::ZERO, |last| now.duration_since(last) - LONGEST);
        let since = self.failing_since.get_or_insert(began);
        *since += idle.max(SignedDuration::ZERO);
        self.failed_at = Some(now);
        let lasts = now.duration_since(*since);
        let at_least = if self.failures >= VERY_MANY { A_MOMENT } else { AT_LEAST };
        match self.is_down() {
            true if lasts >= GIVEN_UP => Step::Disable,
            true if lasts >= at_least && !self.parking => Step::Park,
            _ => Step::Stay,
        }
    }

    /// Whether there was anything to recover from.
    pub fn succeeded(&mut self) -> bool {
        let was_sick = self.failures > 0 || self.pauses > 0;
        (self.failures, self.failing_since, self.pauses) = (0, None, 0);
        was_sick
    }

    pub const fn is_down(&self) -> bool {
        self.failures >= MOST_FAILURES
    }

    /// Whether one failure more is one too many.
    pub const fn goes_down(&self) -> bool {
        self.failures + 1 >= MOST_FAILURES
    }

    /// Until when it is left alone now; each time longer.
    pub fn pause(&mut self, now: Timestamp, asked: Option<std::time::Duration>) -> Timestamp {
        let seconds = PAUSES.get(self.pauses).or(PAUSES.last()).copied().unwrap_or_default();
        self.pauses = (self.pauses + 1).min(PAUSES.len());
        let asked = asked.and_then(|asked| SignedDuration::try_from(asked).ok()).unwrap_or_default();
        let until = now + SignedDuration::from_secs(seconds).max(asked);
        (self.parking, self.release_at) = (true, Some(until));
        until
    }

    /// Whether somebody is at it, or will be, as far as a clock can be believed that may have been set.
    pub fn is_looked_after(&self, now: Timestamp) -> bool {
        let stands = |at: Timestamp| now.duration_since(at) < OVERDUE && at.duration_since(now) < LONGEST;
        self.parking && self.release_at.is_some_and(stands)
    }

    /// Whether it is the release that was planned last, or one that is wanted now.
    pub fn awaits(&self, due: Option<Timestamp>) -> bool {
        due.is_none() || due == self.release_at
    }

    /// Until when somebody is at it.
    pub fn leased(&self, now: Timestamp) -> Option<Timestamp> {
        self.leased_until.filter(|until| now < *until && until.duration_since(now) <= LEASE)
    }

    /// Until when it is held: should it be cut short, that is when the next release is planned.
    pub fn lease(&mut self, now: Timestamp) -> Timestamp {
        let until = now + LEASE;
        (self.parking, self.leased_until, self.release_at) = (true, Some(until), Some(until));
        self.wanted = false;
        until
    }

    /// At the end of a release: whether anything is left, and when it is looked at next.
    pub fn released(&mut self, parking: bool, release_at: Option<Timestamp>) {
        (self.leased_until, self.parking, self.release_at) = (None, parking, release_at);
        self.wanted = false;
    }
}
