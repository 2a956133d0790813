//! What is parked is sent, oldest first, one at a time and by one at a time, for as long as the receiver answers.

use crate::endpoint::{Endpoint, MOST_TRIES};
use crate::run::{AT_A_TIME, End, PAGE, Run, legible};
use crate::send::later;
use domain::connection::Connection;
use domain::delivery::{Health, Job, State};
use domain::id::EventId;
use domain::outcome::Outcome;
use domain::queue::MOST_RECEIVES;
use domain::table::Query;
use domain::{Error, Result, due, schema};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// Another one was faster.
const LATER: Duration = Duration::from_secs(5);
/// Another one is at it.
const LEASED: Duration = Duration::from_secs(10);
/// How often one message begins, or meets another; a message of its own goes on, before the queue gives this one up.
const MOST_ASKED: u32 = MOST_RECEIVES / 2;

impl Endpoint<'_> {
    pub(crate) async fn release(
        &self,
        due: Option<Timestamp>,
        failed_since: Option<Timestamp>,
        receives: u32,
    ) -> Result<Outcome> {
        let (connection, health) = self.standing().await?;
        let now = self.now();
        let Some(connection) = connection.filter(|connection| connection.hook(now).is_some()) else {
            return Ok(Outcome::Done);
        };
        if receives >= MOST_ASKED {
            // Something is left to be done, and the queue would give this one up.
            let job = Job::Release { due, failed_since: failed_since.or(Some(now)) };
            self.queue(job, LEASED).await?;
            return Ok(Outcome::PutAside);
        }
        let is_leased = health.is_leased(now);
        let is_whole = match (due, failed_since) {
            // It has been here, and what waits for its next try since then waits for its time.
            _ if receives > 1 && is_leased => true,
            (_, Some(since)) => self.revive(State::Failed, since).await?,
            (None, None) => self.revive(State::Waiting, Timestamp::UNIX_EPOCH).await?,
            (Some(_), None) => true,
        };
        if !is_whole {
            self.queue(Job::Release { due, failed_since }, Duration::ZERO).await?;
            return Ok(Outcome::Done);
        }
        // One before this may have been cut short behind what it parked.
        if !health.parking && !self.holds_any().await? {
            return Ok(Outcome::Done);
        }
        if !health.awaits(due) {
            // Another one is planned, unless the last was cut short behind its end.
            if health.release_at.is_none() {
                self.look_again().await?;
            }
            return Ok(Outcome::Done);
        }
        if is_leased {
            // Whoever has it may be at something that was mended meanwhile.
            return Ok(Outcome::RetryAfter(LEASED));
        }
        self.begin(&connection, health).await
    }

    /// Should this one be cut short, another one is planned already.
    async fn begin(&self, connection: &Connection, mut health: Health) -> Result<Outcome> {
        let now = self.now();
        let until = health.lease(now);
        let another = due::release(self.owner, &health, until)?;
        match self.write_health(vec![another], &health).await {
            Err(Error::Conflict | Error::Busy) => return Ok(Outcome::RetryAfter(LATER)),
            done => done?,
        }
        health.written();
        let (left, wait) = share(connection, now);
        let (began, tried) = (self.ports.clock.elapsed(), BTreeSet::new());
        let mut run = Run { health, lives: false, began, left, tried };
        let end = self.empty(&mut run, wait).await?;
        let outcome = if run.lives { Outcome::Done } else { Outcome::PutAside };
        self.conclude(run.health, end).await?;
        Ok(outcome)
    }

    /// What waits, or was given up, is parked, so that it is sent with what is; what was given up has all its tries
    /// before it. Whether that was all of it, for as long as there was.
    async fn revive(&self, state: State, since: Timestamp) -> Result<bool> {
        let began = self.ports.clock.elapsed();
        let all = state.all(self.owner, self.id);
        let start = schema::delivery_place(self.id, state.name(), EventId::new(since, [0; 10]));
        let all = Query { range: start..all.range.end.clone(), ..all };
        let mut after = None;
        loop {
            let page = self.ports.table.query(&all.clone().page(after, PAGE)).await?;
            for mut delivery in page.rows.iter().filter_map(legible) {
                if delivery.from.is_test() {
                    continue;
                }
                if state == State::Failed {
                    delivery.tries = 0;
                }
                delivery.becomes(State::Parked, None);
                match self.write(vec![delivery.put(self.owner)?]).await {
                    Ok(()) | Err(Error::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(true);
            }
            if self.ports.clock.elapsed().saturating_sub(began) >= AT_A_TIME {
                return Ok(false);
            }
        }
    }

    /// What comes next is certain before this is done; where nothing comes next, one more look at what came meanwhile.
    async fn conclude(&self, mut health: Health, end: End) -> Result<()> {
        for _ in 0..MOST_TRIES {
            let now = self.now();
            let next = match end {
                End::Empty | End::Deaf => None,
                End::Down(until) => Some(until),
                End::More(wait) => Some(later(now, wait)),
            };
            let planned = next.map(|at| due::release(self.owner, &health, at)).transpose()?;
            health.released(!matches!(end, End::Empty), next);
            match self.write_health(planned.into_iter().collect(), &health).await {
                Err(Error::Conflict) => health = health.instead_of(&self.standing().await?.1),
                done => {
                    done?;
                    return self.go_on(&end, next).await;
                }
            }
        }
        Err(Error::Busy)
    }

    async fn go_on(&self, end: &End, due: Option<Timestamp>) -> Result<()> {
        match end {
            // The reminder would come a minute later: whichever of the two is first is the one that counts.
            End::More(wait) => self.queue(Job::Release { due, failed_since: None }, *wait).await,
            End::Down(_) => Ok(()),
            // What came meanwhile.
            End::Empty | End::Deaf if self.holds_any().await? => self.look_again().await,
            End::Empty | End::Deaf => Ok(()),
        }
    }

    async fn holds_any(&self) -> Result<bool> {
        let parked = State::Parked.all(self.owner, self.id).page(None, PAGE);
        let parked = self.ports.table.query(&parked).await?;
        Ok(parked.rows.iter().filter_map(legible).next().is_some())
    }
}

/// How many at a time, and how long between: as its owner wants, else as fast as it answers.
fn share(connection: &Connection, now: Timestamp) -> (u64, Duration) {
    let rate = connection.hook(now).and_then(|hook| hook.config.replay_per_minute);
    rate.map_or((u64::MAX, Duration::ZERO), |rate| {
        let rate = rate.get().unsigned_abs();
        let left = (rate / 6).max(1);
        (left, Duration::from_millis((left * 60_000).div_ceil(rate)))
    })
}
