//! What is parked is sent, oldest first, one at a time and by one at a time, for as long as the receiver answers.

use crate::endpoint::{Endpoint, MOST_TRIES};
use crate::run::{End, PAGE, Run};
use crate::send::later;
use domain::connection::Connection;
use domain::delivery::{Delivery, Errand, Health, Job, State};
use domain::id::EventId;
use domain::outcome::Outcome;
use domain::table::Query;
use domain::{Error, Result, due, schema};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// Another one is at it.
const LATER: Duration = Duration::from_secs(5);

impl Endpoint<'_> {
    pub(crate) async fn release(&self, failed_since: Option<Timestamp>) -> Result<Outcome> {
        let (connection, mut health) = self.standing().await?;
        let now = self.now();
        let Some(connection) = connection.filter(|connection| connection.hook(now).is_some()) else {
            return Ok(Outcome::Done);
        };
        if health.is_leased(now) {
            // Whoever has it looks again; but knows nothing of what was given up.
            return Ok(if failed_since.is_some() { Outcome::RetryAfter(LATER) } else { Outcome::Done });
        }
        if !health.parking && failed_since.is_none() {
            return Ok(Outcome::Done);
        }
        health.parking = true;
        health.lease(now);
        match self.write(vec![health.put(self.owner, now)?]).await {
            Err(Error::Conflict) => return Ok(Outcome::RetryAfter(LATER)),
            done => done?,
        }
        if let Some(since) = failed_since {
            self.revive(since).await?;
        }
        health.written();
        let (left, wait) = share(&connection, now);
        let (began, tried) = (self.ports.clock.elapsed(), BTreeSet::new());
        let mut run = Run { health, lives: false, began, left, tried };
        let end = self.empty(&mut run, wait).await?;
        self.conclude(run.health, end).await?;
        Ok(Outcome::Done)
    }

    /// What was given up has all its tries before it.
    async fn revive(&self, since: Timestamp) -> Result<()> {
        let all = State::Failed.all(self.owner, self.id);
        let start = schema::delivery_place(self.id, State::Failed.name(), EventId::new(since, [0; 10]));
        let all = Query { range: start..all.range.end.clone(), ..all };
        let mut after = None;
        loop {
            let page = self.ports.table.query(&all.clone().page(after, PAGE)).await?;
            for row in &page.rows {
                let mut delivery = Delivery::read(row)?;
                if delivery.from.is_test() {
                    continue;
                }
                delivery.tries = 0;
                delivery.becomes(State::Parked, None);
                match self.write(vec![delivery.put(self.owner)?]).await {
                    Ok(()) | Err(Error::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// What comes next is certain before this is done; where nothing comes next, one more look at what came meanwhile.
    async fn conclude(&self, mut health: Health, end: End) -> Result<()> {
        for _ in 0..MOST_TRIES {
            let now = self.now();
            let mut puts = Vec::new();
            match end {
                End::Empty => health.released(false, None),
                End::Deaf => health.released(true, None),
                End::Down(until) => {
                    puts.push(due::release(self.owner, &health, until)?);
                    health.released(true, Some(until));
                }
                End::More(wait) => {
                    let job = Job::Release { failed_since: None };
                    let errand = Errand { owner: self.owner, connection: self.id, job };
                    self.ports.queue.send(vec![errand.queued(wait)?]).await?;
                    health.released(true, Some(later(now, wait)));
                }
            }
            puts.push(health.put(self.owner, now)?);
            match self.write(puts).await {
                Err(Error::Conflict) => health = health.instead_of(&self.standing().await?.1),
                done => {
                    done?;
                    return self.look_at_what_came(&end).await;
                }
            }
        }
        Err(Error::Busy)
    }

    async fn look_at_what_came(&self, end: &End) -> Result<()> {
        if matches!(end, End::Down(_) | End::More(_)) {
            return Ok(());
        }
        let parked = State::Parked.all(self.owner, self.id).page(None, PAGE);
        let parked = self.ports.table.query(&parked).await?;
        if parked.rows.iter().any(|row| Delivery::read(row).is_ok()) {
            self.look_again().await?;
        }
        Ok(())
    }
}

/// How many at a time, and how long between: as its owner wants, else as fast as it answers.
fn share(connection: &Connection, now: Timestamp) -> (u64, Duration) {
    let rate = connection.hook(now).and_then(|hook| hook.config.replay_per_minute);
    rate.map_or((u64::MAX, Duration::ZERO), |rate| {
        let rate = rate.get().unsigned_abs();
        let left = (rate / 6).max(1);
        (left, Duration::from_secs(left * 60 / rate))
    })
}
