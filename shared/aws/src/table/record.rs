//! Writing many rows that nobody waits for: DynamoDB takes some at a time, and may give some of those back.

use super::DynamoTable;
use super::row::{self, BODY, EXPIRES, Item, VERSION, number, text};
use crate::fault::refused;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use domain::table::Record;
use domain::{Error, Result};

/// DynamoDB's limit for one request.
const MOST_IN_ONE: usize = 25;

/// Answers in a row that may take nothing before the store counts as busy.
const MOST_IDLE_ANSWERS: usize = 3;

impl DynamoTable {
    pub(super) async fn record_all(&self, records: &[Record]) -> Result<()> {
        for record in records {
            record.check()?;
        }
        for some in records.chunks(MOST_IN_ONE) {
            let writes: Result<Vec<_>, _> = some.iter().map(write).collect();
            self.record_some(writes.map_err(Error::internal)?).await?;
        }
        Ok(())
    }

    async fn record_some(&self, mut writes: Vec<WriteRequest>) -> Result<()> {
        let mut idle_answers = 0;
        while !writes.is_empty() {
            if idle_answers == MOST_IDLE_ANSWERS {
                return Err(Error::Busy);
            }
            let sent = writes.len();
            let write = self.client.batch_write_item().request_items(&self.name, writes);
            let answer = write.send().await.map_err(refused)?;
            let left = answer.unprocessed_items.and_then(|mut left| left.remove(&self.name));
            writes = left.unwrap_or_default();
            idle_answers = if writes.len() == sent { idle_answers + 1 } else { 0 };
        }
        Ok(())
    }
}

fn write(record: &Record) -> Result<WriteRequest, BuildError> {
    let mut item: Item = row::key(&record.key);
    item.insert(VERSION.to_owned(), number(1));
    item.insert(BODY.to_owned(), text(record.body.as_str()));
    item.extend(record.expires.map(|expires| (EXPIRES.to_owned(), number(expires.0))));
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}
