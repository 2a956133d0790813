//! Being called with records on Lambda: a batch comes in, and the answer names those to hand out again.

mod messages;
mod stream;
#[cfg(test)]
mod tests;

use crate::{Error, log};
use domain::Result;
use domain::due::Tick;
use domain::outcome::Consumer;
use futures_util::FutureExt as _;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::panic::AssertUnwindSafe;

/// What a function can be called with.
pub trait Record: Sized + Send + Sync + 'static {
    /// What is needed besides the consumer.
    type Host: Send + Sync;

    fn host() -> Result<Self::Host, Error>;

    fn consume_all(
        batch: Batch,
        consumer: &impl Consumer<Self>,
        host: &Self::Host,
    ) -> impl Future<Output = Result<Failures, Error>> + Send;
}

/// Records are decoded one by one, so that a strange one does not stop the others.
#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

pub async fn consume<R: Record>(consumer: impl Consumer<R>) -> Result<(), Error> {
    log::start();
    let host = R::host()?;
    let (consumer, host) = (&consumer, &host);
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Batch>| {
        R::consume_all(event.payload, consumer, host).await
    }))
    .await
}

/// What is called by a schedule: the event says nothing that is needed, and what failed is done at the next tick.
pub async fn consume_ticks(consumer: impl Consumer<Tick>) -> Result<(), Error> {
    log::start();
    let consumer = &consumer;
    lambda_runtime::run(service_fn(async move |_: LambdaEvent<Value>| -> Result<(), Error> {
        consumer.consume(Tick).await?;
        Ok(())
    }))
    .await
}

impl FromIterator<String> for Failures {
    fn from_iter<I: IntoIterator<Item = String>>(ids: I) -> Self {
        let failure = |item_identifier| Failure { item_identifier };
        Self { batch_item_failures: ids.into_iter().map(failure).collect() }
    }
}

/// What the record's own text says; without it Lambda cannot be told which record failed.
fn told<'a>(record: &'a Value, pointer: &str) -> Result<&'a str, Error> {
    let text = record.pointer(pointer).and_then(Value::as_str);
    text.ok_or_else(|| format!("a record without {pointer}").into())
}

/// `None` when it failed, which is then in the log. A panic is this record's failure, not the batch's.
async fn outcome<T>(id: &str, consumed: impl Future<Output = domain::Result<T>>) -> Option<T> {
    match AssertUnwindSafe(consumed).catch_unwind().await {
        Ok(Ok(outcome)) => Some(outcome),
        Ok(Err(error)) => {
            tracing::error!(record = id, %error, "a record failed");
            None
        }
        Err(_) => {
            tracing::error!(record = id, "a record made its consumer panic");
            None
        }
    }
}
