//! What cannot be sent now lies in a row until it can, in its order. Whoever parks writes first and looks afterwards,
//! as whoever releases does: so whichever of them is later sees the other.

use crate::endpoint::{Endpoint, MOST_TRIES};
use crate::look::{Look, Plan};
use crate::send::{SHORT, Try, later};
use domain::delivery::{Delivery, Health, Job, State};
use domain::due;
use domain::{Error, Result};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

impl Endpoint<'_> {
    pub(crate) async fn park(&self, mut deliveries: Vec<Delivery>, health: Health) -> Result<()> {
        self.begin_to_park(health).await?;
        deliveries.iter_mut().for_each(|delivery| delivery.becomes(State::Parked, None));
        let puts = deliveries.iter().map(|delivery| delivery.put(self.owner));
        self.write(puts.collect::<Result<_>>()?).await?;
        self.look_again(Duration::ZERO).await
    }

    /// All of them at once, if all of them are to be parked; otherwise nothing is done.
    pub(crate) async fn park_all(&self, wanted: &[Try]) -> Result<bool> {
        let Look { connection, health, known } = self.look(wanted).await?;
        let mut parked = Vec::with_capacity(wanted.len());
        for (known, wanted) in known.into_iter().zip(wanted) {
            match self.plan(connection.as_ref(), &health, known, wanted)? {
                Plan::Parks(delivery) => parked.push(delivery),
                _ => return Ok(false),
            }
        }
        // One that was handed out twice is one row.
        let rows: BTreeSet<_> = parked.iter().map(|delivery| delivery.id).collect();
        if rows.len() < parked.len() {
            return Ok(false);
        }
        self.park(parked, health).await.map(|()| true)
    }

    async fn begin_to_park(&self, mut health: Health) -> Result<()> {
        for _ in 0..MOST_TRIES {
            if health.parking {
                return Ok(());
            }
            health.parking = true;
            match self.write_health(Vec::new(), &health).await {
                Err(Error::Conflict) => (_, health) = self.standing().await?,
                done => return done,
            }
        }
        Err(Error::Busy)
    }

    /// Behind what was parked, somebody will look, after this wait: it may have been sent to again meanwhile.
    pub(crate) async fn look_again(&self, wait: Duration) -> Result<()> {
        for _ in 0..MOST_TRIES {
            let (connection, mut health) = self.standing().await?;
            let now = self.now();
            let listens = connection.is_some_and(|connection| connection.listens(now));
            if !listens || health.is_looked_after(now) {
                return Ok(());
            }
            let at = later(now, wait);
            let release = due::release(self.owner, &health, at)?;
            health.released(true, Some(at));
            match self.write_health(vec![release], &health).await {
                Err(Error::Conflict) => {}
                done => {
                    done?;
                    // Its row would be swept within a minute.
                    return self.release_at(at).await;
                }
            }
        }
        Err(Error::Busy)
    }

    /// What is planned within the minute does not wait for the sweep.
    pub(crate) async fn release_soon(&self, at: Timestamp) -> Result<()> {
        if at < later(self.now(), SHORT) { self.release_at(at).await } else { Ok(()) }
    }

    pub(crate) async fn release_at(&self, at: Timestamp) -> Result<()> {
        let wait = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        self.queue(Job::Release { due: Some(at), failed_since: None }, wait).await
    }
}
