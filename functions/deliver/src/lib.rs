//! Delivers one webhook: signs the change and posts it, and says when to try again.

use async_trait::async_trait;
use domain::clock::Clock;
use domain::connection::{Connection, WebhookConfig};
use domain::data_keys::DataKeys;
use domain::delivery::{Delivery, Payload, SigningSecret, wait_after};
use domain::keyring::Purpose;
use domain::outbound::{Caps, Method, Outbound, Request};
use domain::outcome::{Consumer, Outcome};
use domain::queue::Received;
use domain::seal::{self, Sealed};
use domain::shelf::Shelf;
use domain::table::Table;
use domain::{Error, Result};
use std::sync::Arc;
use std::time::Duration;

/// How long a receiver may take; of what it answers, only the status is of use.
const CAPS: Caps = Caps { time: Duration::from_secs(15), bytes: 1_024 };

pub struct Deliver {
    pub table: Arc<dyn Table>,
    pub keys: Arc<DataKeys>,
    pub outbound: Arc<dyn Outbound>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Consumer<Received> for Deliver {
    async fn consume(&self, message: Received) -> Result<Outcome> {
        let delivery: Delivery = serde_json::from_str(&message.body).map_err(Error::internal)?;
        let Delivery::V1 { owner, connection: id, change } = &delivery;
        let connection = match Shelf::<Connection>::new(&*self.table, *owner).get(*id).await {
            Ok(connection) => connection,
            Err(Error::NotFound(_)) => return Ok(Outcome::Done),
            Err(error) => return Err(error),
        };
        // Asked again at each try: what was revoked since then gets nothing more.
        let now = self.clock.now();
        let (Some(told), Some((config, secret))) = (change.told(&connection, now)?, connection.listens(now))
        else {
            return Ok(Outcome::Done);
        };
        let most = config.retry_policy.tries.into();
        if message.receives > most {
            // The queue counts on by itself, until it lies with the dead letters.
            return Err(Error::internal("given up after as many tries as its owner wants"));
        }
        let body = Payload::body(change, &told, config.payload)?;
        let request = self.request(&delivery, config, secret, body).await?;
        let failure = match self.outbound.send(request).await {
            Ok(answer) if (200..300).contains(&answer.status) => return Ok(Outcome::Done),
            Ok(answer) => format!("the receiver answered {}", answer.status),
            Err(error) => error.to_string(),
        };
        tracing::warn!(connection = %id, change = %change.id, tries = message.receives, failure, "not delivered");
        match wait_after(message.receives, most) {
            Some(wait) => Ok(Outcome::RetryAfter(wait)),
            None => Err(Error::internal(failure)),
        }
    }
}

impl Deliver {
    async fn request(
        &self,
        delivery: &Delivery,
        config: &WebhookConfig,
        secret: &Sealed,
        body: String,
    ) -> Result<Request> {
        let Delivery::V1 { owner, connection, change } = delivery;
        let key = self.keys.find(*owner, Purpose::Webhook).await?;
        let key = key.ok_or_else(|| Error::internal("a webhook without its data key"))?;
        let secret = SigningSecret::from_bytes(seal::open(&key, &connection.to_string(), secret)?);
        let (id, at) = (change.id.to_string(), self.clock.now());
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-signature", secret.sign(&id, at, &body)),
            ("webhook-timestamp", at.as_second().to_string()),
            ("webhook-id", id),
        ];
        let url = config.target_url.url().clone();
        Ok(Request { method: Method::Post, url, headers, body, caps: CAPS })
    }
}
