//! What is parked is sent, oldest first, one at a time and by one at a time, for as long as the receiver answers.

use crate::endpoint::{Endpoint, MOST_TRIES};
use crate::run::{AT_A_TIME, End, PAGE, Run, legible};
use crate::send::later;
use domain::connection::Connection;
use domain::delivery::{Health, Job, State};
use domain::id::EventId;
use domain::outcome::Outcome;
use domain::table::Query;
use domain::{Error, Result, due, schema};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// Others were faster, again and again.
const LATER: Duration = Duration::from_secs(5);

impl Endpoint<'_> {
    pub(crate) async fn release(
        &self,
        due: Option<Timestamp>,
        failed_since: Option<Timestamp>,
    ) -> Result<Outcome> {
        if self.standing().await?.0.is_none_or(|connection| connection.hook(self.now()).is_none()) {
            return Ok(Outcome::Done);
        }
        let is_whole = match (due, failed_since) {
            (_, Some(since)) => self.revive(State::Failed, since).await?,
            (None, None) => self.revive(State::Waiting, Timestamp::UNIX_EPOCH).await?,
            (Some(_), None) => true,
        };
        if !is_whole {
            self.queue(Job::Release { due, failed_since }, Duration::ZERO).await?;
            return Ok(Outcome::Done);
        }
        let is_for_all = (due, failed_since) == (None, None);
        for _ in 0..MOST_TRIES {
            // Behind what was parked here: whoever looked before that has not seen it.
            let (connection, health) = self.standing().await?;
            match self.begin(health, due, is_for_all).await {
                Err(Error::Conflict) => {}
                Err(Error::Busy) => break,
                Ok(Some(health)) => return self.run(connection.as_ref(), health).await,
                done => return done.map(|_| Outcome::Done),
            }
        }
        Ok(Outcome::RetryAfter(LATER))
    }

    /// `None` if there is nothing to be done, or others are at it.
    async fn begin(
        &self,
        mut health: Health,
        due: Option<Timestamp>,
        is_for_all: bool,
    ) -> Result<Option<Health>> {
        // One before this may have been cut short behind what it parked.
        if !health.parking && !self.holds_any().await? {
            return Ok(None);
        }
        if !health.awaits(due) {
            // Another one is planned, unless the last was cut short behind its end.
            if health.release_at.is_none() {
                self.look_again(Duration::ZERO).await?;
            }
            return Ok(None);
        }
        let now = self.now();
        if let Some(until) = health.leased(now) {
            return self.leave(health, until, is_for_all).await.map(|()| None);
        }
        let until = health.lease(now);
        // Should this one be cut short, another one is planned already.
        let another = due::release(self.owner, &health, until)?;
        self.write_health(vec![another], &health).await?;
        health.written();
        Ok(Some(health))
    }

    /// Whoever is at it finds what is parked, but may be cut short, or may be at something that was mended meanwhile.
    async fn leave(&self, mut health: Health, until: Timestamp, is_for_all: bool) -> Result<()> {
        if is_for_all && health.wanted {
            return Ok(());
        }
        self.release_at(until).await?;
        if !is_for_all {
            return Ok(());
        }
        health.wanted = true;
        self.write_health(Vec::new(), &health).await
    }

    async fn run(&self, connection: Option<&Connection>, health: Health) -> Result<Outcome> {
        let (left, wait) = share(connection, self.now());
        let (began, tried) = (self.ports.clock.elapsed(), BTreeSet::new());
        let mut run = Run { health, lives: false, began, left, tried };
        let end = self.empty(&mut run).await?;
        let outcome = if run.lives { Outcome::Done } else { Outcome::PutAside };
        self.conclude(run.health, end, wait).await?;
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
    async fn conclude(&self, mut health: Health, end: End, wait: Duration) -> Result<()> {
        for _ in 0..MOST_TRIES {
            let is_wanted = health.wanted && !matches!(end, End::Deaf);
            let next = match end {
                End::Down(until) if !is_wanted => Some(until),
                End::Empty | End::Deaf if !is_wanted => None,
                _ => Some(later(self.now(), wait)),
            };
            let planned = next.map(|at| due::release(self.owner, &health, at)).transpose()?;
            health.released(!matches!(end, End::Empty) || is_wanted, next);
            match self.write_health(planned.into_iter().collect(), &health).await {
                Err(Error::Conflict) => health = health.instead_of(&self.standing().await?.1),
                done => {
                    done?;
                    // The reminder would come a minute later: whichever of the two is first is the one that counts.
                    let now = |due| self.queue(Job::Release { due, failed_since: None }, wait);
                    return match end {
                        _ if is_wanted => now(None).await,
                        End::More => now(next).await,
                        End::Down(until) => self.release_soon(until).await,
                        // What came meanwhile, or who: it may listen again.
                        End::Deaf => self.look_again(Duration::ZERO).await,
                        End::Empty if self.holds_any().await? => self.look_again(wait).await,
                        End::Empty => Ok(()),
                    };
                }
            }
        }
        Err(Error::Busy)
    }

    async fn holds_any(&self) -> Result<bool> {
        let parked = State::Parked.all(self.owner, self.id).page(None, PAGE);
        let parked = self.ports.table.query(&parked).await?;
        Ok(parked.rows.iter().filter_map(legible).next().is_some())
    }
}

/// How many at a time, and how long between: as its owner wants, else as fast as it answers.
fn share(connection: Option<&Connection>, now: Timestamp) -> (u64, Duration) {
    let hook = connection.and_then(|connection| connection.hook(now));
    let rate = hook.and_then(|hook| hook.config.replay_per_minute);
    rate.map_or((u64::MAX, Duration::ZERO), |rate| {
        let rate = rate.get().unsigned_abs();
        let left = (rate / 6).max(1);
        (left, Duration::from_millis((left * 60_000).div_ceil(rate)))
    })
}
