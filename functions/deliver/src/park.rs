//! What cannot be sent now lies in a row until it can, in its order. Whoever parks writes first and looks afterwards,
//! as whoever releases does: so whichever of them is later sees the other.

use crate::endpoint::{Endpoint, MOST_TRIES};
use crate::send::later;
use domain::delivery::{Delivery, Health, Job, State};
use domain::due;
use domain::{Error, Result};
use std::time::Duration;

impl Endpoint<'_> {
    pub(crate) async fn park(&self, mut delivery: Delivery, health: Health) -> Result<()> {
        self.begin_to_park(health).await?;
        delivery.becomes(State::Parked, None);
        self.write(vec![delivery.put(self.owner)?]).await?;
        self.look_again(Duration::ZERO).await
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
                    return self.queue(Job::Release { due: Some(at), failed_since: None }, wait).await;
                }
            }
        }
        Err(Error::Busy)
    }
}
