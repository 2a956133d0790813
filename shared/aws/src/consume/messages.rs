//! Batches of the queue: each message on its own, all of them at the same time.

use super::{Batch, Failures, Record, outcome, told};
use crate::{Error, Ports};
use domain::outcome::{Consumer, Outcome};
use domain::queue::{Queue, Received};
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    receipt_handle: String,
    body: String,
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: String,
    #[serde(default)]
    message_group_id: String,
}

impl Record for Received {
    type Host = Arc<dyn Queue>;

    fn host() -> Result<Self::Host, Error> {
        Ports::from_env()?.queue()
    }

    async fn consume_all(
        batch: Batch,
        consumer: &impl Consumer<Self>,
        queue: &Self::Host,
    ) -> Result<Failures, Error> {
        let failed = batch.records.into_iter().map(|message| failed(message, consumer, &**queue));
        Ok(try_join_all(failed).await?.into_iter().flatten().collect())
    }
}

/// The id of the message if it has to be handed out again.
async fn failed(
    message: Value,
    consumer: &impl Consumer<Received>,
    queue: &dyn Queue,
) -> Result<Option<String>, Error> {
    let id = told(&message, "/messageId")?.to_owned();
    let received = received(message);
    let receipt = received.as_ref().map(|received| received.receipt.clone()).unwrap_or_default();
    match outcome(&id, async { consumer.consume(received?).await }).await {
        Some(Outcome::Done | Outcome::PutAside) => return Ok(None),
        Some(Outcome::RetryAfter(delay)) => {
            // If this fails, it comes back when the queue's own time is over.
            if let Err(error) = queue.retry_after(&receipt, delay).await {
                tracing::warn!(record = id, %error, "a message could not be put off");
            }
        }
        None => {}
    }
    Ok(Some(id))
}

fn received(message: Value) -> domain::Result<Received> {
    let message: Message = serde_json::from_value(message).map_err(domain::Error::internal)?;
    let Attributes { approximate_receive_count, message_group_id: group } = message.attributes;
    let receives = approximate_receive_count.parse().map_err(domain::Error::internal)?;
    Ok(Received { receipt: message.receipt_handle, body: message.body, group, receives })
}
