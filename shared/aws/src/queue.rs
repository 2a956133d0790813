//! The queue on SQS: a standard queue, made fair between webhooks by message groups.

use crate::fault::refused;
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageSystemAttributeName::{ApproximateReceiveCount, MessageGroupId};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::queue::{LONGEST_DELAY, Message, Queue, Received};
use domain::{Error, Result};
use std::time::Duration;

/// SQS hands out no more at once.
const MOST_AT_ONCE: usize = 10;

pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    pub const fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, messages: Vec<Message>) -> Result<()> {
        for some in messages.chunks(MOST_AT_ONCE) {
            let entries = some.iter().enumerate().map(entry).collect::<Result<_>>()?;
            let send = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
            let answer = send.send().await.map_err(refused)?;
            if let Some(failed) = answer.failed.first() {
                tracing::warn!(code = failed.code, left = answer.failed.len(), "messages were not taken");
                return Err(if failed.sender_fault {
                    Error::internal(failed.code.clone())
                } else {
                    Error::Busy
                });
            }
        }
        Ok(())
    }

    async fn receive(&self, most: usize, hide_for: Duration) -> Result<Vec<Received>> {
        let receive = self.client.receive_message().queue_url(&self.url);
        let receive = receive.max_number_of_messages(i32::try_from(most.min(MOST_AT_ONCE)).unwrap_or(1));
        let receive = receive.message_system_attribute_names(ApproximateReceiveCount);
        let receive = receive.message_system_attribute_names(MessageGroupId);
        let answer = receive.visibility_timeout(seconds(hide_for)).send().await.map_err(refused)?;
        let received = answer.messages.unwrap_or_default().into_iter().map(|message| {
            let mut attributes = message.attributes.unwrap_or_default();
            let group = attributes.remove(&MessageGroupId).unwrap_or_default();
            let count = attributes.get(&ApproximateReceiveCount).and_then(|count| count.parse().ok());
            Received {
                receipt: message.receipt_handle.unwrap_or_default(),
                body: message.body.unwrap_or_default(),
                group,
                receives: count.unwrap_or(1),
            }
        });
        Ok(received.collect())
    }

    async fn done(&self, receipt: &str) -> Result<()> {
        let delete = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt);
        delete.send().await.map_err(refused)?;
        Ok(())
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()> {
        let change = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        change.visibility_timeout(seconds(delay)).send().await.map_err(refused)?;
        Ok(())
    }
}

/// Its number tells it apart from the others of its batch.
fn entry((number, message): (usize, &Message)) -> Result<SendMessageBatchRequestEntry> {
    SendMessageBatchRequestEntry::builder()
        .id(number.to_string())
        .message_body(&message.body)
        .message_group_id(&message.group)
        .delay_seconds(seconds(message.delay.min(LONGEST_DELAY)))
        .build()
        .map_err(Error::internal)
}

/// Rounded up, so that nothing comes early.
fn seconds(duration: Duration) -> i32 {
    let started = u64::from(duration.subsec_nanos() > 0);
    i32::try_from(duration.as_secs() + started).unwrap_or(i32::MAX)
}
