//! One try: an event is signed and posted.

use crate::endpoint::Endpoint;
use domain::change::Told;
use domain::connection::{Connection, ToSign};
use domain::delivery::{Attempt, Delivery, Payload};
use domain::id::RequestId;
use domain::keyring::Purpose;
use domain::outbound::{Answer, Caps, Method, OutboundError, Request};
use domain::{Error, Result};
use std::time::Duration;

/// How long a receiver may take, and how much of its answer is looked at.
const CAPS: Caps = Caps { time: Duration::from_secs(15), bytes: 1_024 };

pub(crate) struct Tried {
    pub(crate) attempt: Attempt,
    pub(crate) answer: Result<Answer, OutboundError>,
}

impl Endpoint<'_> {
    pub(crate) async fn tell(
        &self,
        connection: &Connection,
        delivery: &Delivery,
        told: &Told,
        again: Option<RequestId>,
    ) -> Result<Tried> {
        let request = self.request(connection, delivery, told).await?;
        let (at, began) = (self.now(), self.ports.clock.elapsed());
        let answer = self.ports.outbound.send(request).await;
        let took = self.ports.clock.elapsed().saturating_sub(began);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let attempt = Attempt::of(at, micros, &answer, again);
        if attempt.status.is_none_or(|status| !(200..300).contains(&status)) {
            let (status, error) = (attempt.status, attempt.error.as_deref());
            tracing::warn!(connection = %self.id, event = %delivery.id, status, error, "not delivered");
        }
        Ok(Tried { attempt, answer })
    }

    /// Signed anew each time: receivers refuse what was signed long ago.
    async fn request(&self, connection: &Connection, delivery: &Delivery, told: &Told) -> Result<Request> {
        let hook = connection.hook(self.now()).ok_or_else(|| Error::internal("no webhook"))?;
        let body = Payload::body(delivery.at, told, hook.config.payload)?;
        let key = self.ports.keys.find(self.owner, Purpose::Webhook).await?;
        let key = key.ok_or_else(|| Error::internal("a webhook without its data key"))?;
        let (id, at) = (delivery.id.to_string(), self.now());
        let message = ToSign { id: &id, at, body: &body };
        let signature = hook.secrets.sign(&key, &self.id.to_string(), hook.config.signature, &message)?;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-signature", signature),
            ("webhook-timestamp", at.as_second().to_string()),
            ("webhook-id", id),
        ];
        let url = hook.config.target_url.url().clone();
        Ok(Request { method: Method::Post, url, headers, body, caps: CAPS })
    }
}
