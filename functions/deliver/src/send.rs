//! One event: tried if it still waits for this very message, which no clock decides.

use crate::endpoint::{Endpoint, MOST_TRIES, Noted};
use crate::look::{Look, Plan};
use crate::tell::Tried;
use domain::connection::{Connection, Reason, WebhookConfig};
use domain::delivery::{Delivery, Health, Job, Next, Origin, State, Step, Verdict, asked, judge};
use domain::due;
use domain::id::{EventId, RequestId};
use domain::outcome::Outcome;
use domain::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// What waits longer waits in the table.
pub(crate) const SHORT: Duration = Duration::from_secs(60);
/// So does what fails often: a message is handed out twelve times at most, of which some are for failures of the store.
const MOST_SHORT: u32 = 4;

pub(crate) struct Try {
    pub(crate) event: EventId,
    pub(crate) from: Origin,
    pub(crate) due: Option<Timestamp>,
    pub(crate) again: Option<RequestId>,
}

impl Endpoint<'_> {
    pub(crate) async fn send(&self, wanted: Try) -> Result<Outcome> {
        let Look { connection, health, known } = self.look(std::slice::from_ref(&wanted)).await?;
        let known = known.into_iter().next().ok_or_else(|| Error::internal("a row is missing"))?;
        match self.plan(connection.as_ref(), &health, known, &wanted)? {
            Plan::Done => Ok(Outcome::Done),
            Plan::Lies => {
                // Whoever parked it may have been cut short.
                self.look_again(Duration::ZERO).await?;
                Ok(Outcome::PutAside)
            }
            Plan::Ends(delivery, state) => {
                if let Some(mut delivery) = delivery {
                    delivery.becomes(state, None);
                    self.write(vec![delivery.put(self.owner)?]).await?;
                }
                Ok(if state == State::Failed { Outcome::PutAside } else { Outcome::Done })
            }
            Plan::Parks(delivery) => {
                self.park(vec![delivery], health).await?;
                Ok(Outcome::PutAside)
            }
            Plan::Tries(connection, delivery, told) => {
                let tried = self.tell(connection, &delivery, &told, wanted.again).await?;
                self.settle(connection, delivery, &wanted, tried, health).await
            }
        }
    }

    async fn settle(
        &self,
        connection: &Connection,
        delivery: Delivery,
        wanted: &Try,
        tried: Tried,
        health: Health,
    ) -> Result<Outcome> {
        let Tried { attempt, answer } = tried;
        let (began, now) = (attempt.at, self.now());
        let (counts, is_test) = (wanted.again.is_none(), wanted.from.is_test());
        let config = connection.hook(now).map(|hook| hook.config);
        let (verdict, wait) = (self.judged(config, &delivery, &answer), asked(&answer, now));
        if verdict == Verdict::Gone && !is_test {
            self.disable(Reason::Gone).await?;
        }
        let (becomes, outcome) = match verdict {
            Verdict::Delivered => (Some((State::Delivered, None)), Outcome::Done),
            _ if !counts => (None, Outcome::PutAside),
            Verdict::Gone => {
                self.park(vec![with(delivery, attempt)], health).await?;
                return Ok(Outcome::PutAside);
            }
            // It is not this event that is not taken: it waits until something is, or nobody hopes for that any more.
            Verdict::Exhausted if health.goes_down() => {
                self.ails(health.clone(), began, wait).await?;
                self.park(vec![with(delivery, attempt)], health).await?;
                return Ok(Outcome::PutAside);
            }
            Verdict::Exhausted => (Some((State::Failed, None)), Outcome::PutAside),
            Verdict::Again(wait) => {
                let at = later(now, wait);
                let is_short = wait < SHORT && delivery.tries < MOST_SHORT;
                let by = if is_short { wanted.due } else { Some(at) };
                let outcome = if is_short { Outcome::RetryAfter(wait) } else { Outcome::PutAside };
                (Some((State::Waiting, Some(Next { at, by }))), outcome)
            }
        };
        self.note(delivery, Some(attempt), Noted { becomes, counts }).await?;
        match verdict {
            Verdict::Delivered => self.recovers(health).await?,
            _ if is_test => {}
            _ => self.ails(health, began, wait).await?,
        }
        Ok(outcome)
    }

    pub(crate) fn judged(
        &self,
        config: Option<&WebhookConfig>,
        delivery: &Delivery,
        answer: &Result<domain::outbound::Answer, domain::outbound::OutboundError>,
    ) -> Verdict {
        let jitter = u16::from_be_bytes(self.ports.entropy.bytes());
        let policy = config.map(|config| config.retry_policy.clone()).unwrap_or_default();
        judge(answer, delivery.tries + 1, &policy, self.now(), jitter)
    }

    /// One failure more; others that fail at the same time are counted, too, or this one is not.
    async fn ails(&self, mut health: Health, began: Timestamp, asked: Option<Duration>) -> Result<()> {
        for _ in 0..MOST_TRIES {
            let now = self.now();
            let planned = match health.failed(began, now) {
                Step::Disable => return self.disable(Reason::Failing).await,
                Step::Park => Some(health.pause(now, asked)),
                Step::Stay => None,
            };
            let release = planned.map(|at| due::release(self.owner, &health, at)).transpose()?;
            match self.write_health(release.into_iter().collect(), &health).await {
                Err(Error::Conflict) => (_, health) = self.standing().await?,
                done => {
                    done?;
                    return match planned {
                        Some(at) => self.release_soon(at).await,
                        None => Ok(()),
                    };
                }
            }
        }
        Ok(())
    }

    /// What failed before has an end here, and what is parked because of it need not wait.
    async fn recovers(&self, mut health: Health) -> Result<()> {
        for _ in 0..MOST_TRIES {
            if !health.succeeded() {
                return Ok(());
            }
            if health.parking {
                self.queue(Job::Release { due: None, failed_since: None }, Duration::ZERO).await?;
            }
            match self.write_health(Vec::new(), &health).await {
                Err(Error::Conflict) => (_, health) = self.standing().await?,
                done => return done,
            }
        }
        Ok(())
    }
}

fn with(mut delivery: Delivery, attempt: domain::delivery::Attempt) -> Delivery {
    delivery.attempted(attempt);
    delivery
}

pub(crate) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now + SignedDuration::try_from(wait).unwrap_or_default()
}
