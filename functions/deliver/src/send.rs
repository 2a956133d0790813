//! One event: tried if it still waits for this very message, which no clock decides.

use crate::endpoint::{Endpoint, MOST_TRIES, Noted};
use crate::tell::Tried;
use domain::connection::{Connection, Reason, WebhookConfig};
use domain::delivery::{Delivery, Happened, Health, Job, Next, Origin, State, Step, Verdict, asked, judge};
use domain::due;
use domain::id::{EventId, RequestId};
use domain::outcome::Outcome;
use domain::shelf::{self, Entity as _};
use domain::{Error, Result, schema};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// What waits longer waits in the table.
const SHORT: Duration = Duration::from_secs(60);
/// So does what fails often: a message is handed out twelve times at most, of which some are for failures of the store.
const MOST_SHORT: u32 = 4;

pub(crate) struct Try {
    pub(crate) event: EventId,
    pub(crate) from: Origin,
    pub(crate) due: Option<Timestamp>,
    pub(crate) again: Option<RequestId>,
}

struct Look {
    connection: Option<Connection>,
    delivery: Option<Delivery>,
    health: Health,
    happened: Option<Happened>,
}

impl Endpoint<'_> {
    pub(crate) async fn send(&self, wanted: Try) -> Result<Outcome> {
        let Look { connection, delivery, health, happened } = self.look(&wanted).await?;
        if let Some(delivery) = &delivery
            && !delivery.waits_for(wanted.due, wanted.again)
        {
            if delivery.state == State::Parked {
                // Whoever parked it may have been cut short.
                self.look_again(Duration::ZERO).await?;
                return Ok(Outcome::PutAside);
            }
            return Ok(Outcome::Done);
        }
        let (now, is_asked) = (self.now(), wanted.again.is_some());
        // What its owner wants to see once more stays what it was.
        let ends = |delivery: Option<Delivery>, state| self.ends(delivery.filter(|_| !is_asked), state);
        let Some(connection) = connection.filter(|connection| connection.hook(now).is_some()) else {
            return ends(delivery, State::Withdrawn).await;
        };
        let is_new = delivery.is_none();
        let new = || Delivery::new(wanted.event, self.id, wanted.from.clone(), happened.as_ref());
        let mut delivery = delivery.unwrap_or_else(new);
        let Some(happened) = happened else { return ends(Some(delivery), State::Failed).await };
        let Some(told) = happened.told(&connection, now)? else {
            return ends((!is_new).then_some(delivery), State::Withdrawn).await;
        };
        delivery.event.clone_from(&told.event);
        if is_asked && !connection.listens(now) {
            // Its owner has paused it since then: a test has failed.
            let writes = is_new.then(|| delivery.put(self.owner)).transpose()?;
            return self.write(writes.into_iter().collect()).await.map(|()| Outcome::PutAside);
        }
        if !is_asked && (health.parking || !connection.listens(now)) {
            self.park(delivery, health).await?;
            return Ok(Outcome::PutAside);
        }
        let tried = self.tell(&connection, &delivery, &told, wanted.again).await?;
        self.settle(&connection, delivery, &wanted, tried, health).await
    }

    /// Everything at once.
    async fn look(&self, wanted: &Try) -> Result<Look> {
        let keys = [
            Connection::key(self.owner, self.id),
            schema::delivery(self.owner, self.id, wanted.event),
            schema::health(self.owner, self.id),
            wanted.from.key(self.owner),
        ];
        let rows = self.ports.table.get_many(&keys).await?;
        let [connection, delivery, health, origin] = rows.as_slice() else {
            return Err(Error::internal("rows are missing"));
        };
        Ok(Look {
            connection: connection.as_ref().map(shelf::read::<Connection>).transpose()?,
            delivery: delivery.as_ref().map(Delivery::read).transpose()?,
            health: Health::of(self.id, health.as_ref())?,
            happened: origin.as_ref().map(Origin::read).transpose()?,
        })
    }

    /// Nothing more is tried; what nobody was told of leaves nothing behind.
    async fn ends(&self, delivery: Option<Delivery>, state: State) -> Result<Outcome> {
        if let Some(mut delivery) = delivery {
            delivery.becomes(state, None);
            self.write(vec![delivery.put(self.owner)?]).await?;
        }
        Ok(if state == State::Failed { Outcome::PutAside } else { Outcome::Done })
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
                self.park(with(delivery, attempt), health).await?;
                return Ok(Outcome::PutAside);
            }
            // It is not this event that is not taken: it waits until something is, or nobody hopes for that any more.
            Verdict::Exhausted if health.goes_down() => {
                self.ails(health.clone(), began, wait).await?;
                self.park(with(delivery, attempt), health).await?;
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
            let mut puts = Vec::new();
            match health.failed(began, now) {
                Step::Disable => return self.disable(Reason::Failing).await,
                Step::Park => {
                    let until = health.pause(now, asked);
                    puts.push(due::release(self.owner, &health, until)?);
                }
                Step::Stay => {}
            }
            match self.write_health(puts, &health).await {
                Err(Error::Conflict) => (_, health) = self.standing().await?,
                done => return done,
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
