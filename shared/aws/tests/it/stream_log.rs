//! Reads the table's stream as Lambda does, and hands the adapter the JSON that Lambda would.

use crate::dynamo;
use async_trait::async_trait;
use aws::StreamRecord;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::config::{BehaviorVersion, Builder, Region};
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record, ShardIteratorType};
use domain::Result;
use domain::table::{ChangeLog, RowChange};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

pub(crate) struct StreamLog {
    client: Client,
    stream: String,
    shard: String,
}

impl StreamLog {
    pub(crate) async fn of(endpoint: &str) -> Self {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(dynamo::credentials())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(endpoint);
        let client = Client::from_conf(config.build());
        let streams = client.list_streams().table_name(dynamo::TABLE).send().await.unwrap();
        let stream = streams.streams()[0].stream_arn().unwrap().to_owned();
        let described = client.describe_stream().stream_arn(&stream).send().await.unwrap();
        let shard = described.stream_description().unwrap().shards()[0].shard_id().unwrap().to_owned();
        Self { client, stream, shard }
    }
}

#[async_trait]
impl ChangeLog for StreamLog {
    async fn changes(&self, after: Option<&str>, limit: usize) -> Result<Vec<RowChange>> {
        let from = match after {
            None => ShardIteratorType::TrimHorizon,
            Some(_) => ShardIteratorType::AfterSequenceNumber,
        };
        let start = self.client.get_shard_iterator().stream_arn(&self.stream).shard_id(&self.shard);
        let start = start.shard_iterator_type(from).set_sequence_number(after.map(str::to_owned));
        let mut iterator = start.send().await.unwrap().shard_iterator;
        let mut changes = Vec::new();
        while let (Some(next), true) = (iterator, changes.len() < limit) {
            let answer = self.client.get_records().shard_iterator(next).send().await.unwrap();
            iterator =
                answer.next_shard_iterator.filter(|_| answer.records.as_ref().is_some_and(|r| !r.is_empty()));
            for record in answer.records.unwrap_or_default() {
                let record: StreamRecord = serde_json::from_value(as_lambda_says(&record)).unwrap();
                changes.extend(record.change()?);
            }
        }
        changes.truncate(limit);
        Ok(changes)
    }
}

fn as_lambda_says(record: &Record) -> Value {
    let written = record.dynamodb().unwrap();
    let mut dynamodb = json!({
        "Keys": item(written.keys().unwrap()),
        "SequenceNumber": written.sequence_number().unwrap(),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (name, image) in [("NewImage", written.new_image()), ("OldImage", written.old_image())] {
        if let Some(image) = image {
            dynamodb[name] = item(image);
        }
    }
    json!({
        "eventID": record.event_id(),
        "eventName": record.event_name().unwrap().as_str(),
        "eventSource": "aws:dynamodb",
        "dynamodb": dynamodb,
    })
}

fn item(item: &HashMap<String, AttributeValue>) -> Value {
    let attribute = |value: &AttributeValue| match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        other => panic!("the table holds no {other:?}"),
    };
    Value::Object(item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>())
}
