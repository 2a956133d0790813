//! The table on DynamoDB: one table, the owner as partition key, everything read strongly consistent.

mod add;
mod read;
mod record;
mod row;
mod take;
mod transact;

pub(crate) use row::{BODY, OWNER, SORT, VERSION};

use crate::fault::{RetryConflicts, refused};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use domain::clock::Clock;
use domain::id::OpId;
use domain::table::{
    Claim, Counters, Expect, Expiry, Page, Put, Query, Record, Row, RowKey, Table, Taken, Write,
};
use domain::{Error, Result};
use row::{Item, Marks, number};
use std::sync::Arc;

pub struct DynamoTable {
    client: Client,
    name: String,
    clock: Arc<dyn Clock>,
}

impl DynamoTable {
    pub fn new(config: Builder, name: String, clock: Arc<dyn Clock>) -> Self {
        let client = Client::from_conf(config.retry_classifier(RetryConflicts).build());
        Self { client, name, clock }
    }

    /// The row that a condition refused, or one that the writer can no longer be sure of.
    async fn marks(&self, key: &RowKey) -> Result<Option<Marks>> {
        Ok(self.item(key).await?.map(|item| Marks::of(&item)))
    }

    async fn item(&self, key: &RowKey) -> Result<Option<Item>> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(row::key(key)));
        Ok(get.consistent_read(true).send().await.map_err(refused)?.item)
    }

    /// DynamoDB removes an expired row when it finds the time; here it is gone at once.
    fn unexpired(&self, item: Item) -> Result<Option<Row>> {
        let row = row::row(item)?;
        Ok((!self.is_past(row.expires)).then_some(row))
    }

    fn is_past(&self, expires: Option<Expiry>) -> bool {
        expires.is_some_and(|expires| expires.is_past(self.clock.now()))
    }
}

#[async_trait]
impl Table for DynamoTable {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>> {
        self.item(key).await?.map_or(Ok(None), |item| self.unexpired(item))
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        self.read_many(keys).await
    }

    async fn put(&self, put: Put, op: OpId) -> Result<u64> {
        put.check()?;
        let write = self.client.put_item().table_name(&self.name).set_item(Some(row::item(&put, op)));
        let write = match put.expect {
            Expect::Absent | Expect::Gone(_) => {
                write.condition_expression("attribute_not_exists(pk) OR exp <= :now")
            }
            Expect::Version(version) => write
                .condition_expression("v = :v AND (attribute_not_exists(exp) OR exp > :now)")
                .expression_attribute_values(":v", number(version)),
        };
        let write = write.expression_attribute_values(":now", number(self.clock.now().as_second()));
        let sent = write.return_values_on_condition_check_failure(AllOld).send().await;
        let Err(error) = sent else { return Ok(put.expect.next()) };
        let (found, otherwise) = match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                (failed.item().map(Marks::of), Error::Conflict)
            }
            _ => match refused(error) {
                Error::Busy => (self.marks(&put.key).await.unwrap_or_default(), Error::Busy),
                broken => return Err(broken),
            },
        };
        let is_done = found.is_some_and(|marks| marks.are_of(&put, op));
        if is_done { Ok(put.expect.next()) } else { Err(otherwise) }
    }

    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()> {
        self.write_all(&[Write::Delete { key, version }], op).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        self.read_range(query).await
    }

    async fn add(
        &self,
        key: RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Counters> {
        self.add_up(&key, add, drop, expires).await
    }

    async fn take(&self, key: &RowKey, claim: &Claim) -> Result<Taken> {
        self.take_up(key, claim).await
    }

    async fn record(&self, records: Vec<Record>) -> Result<()> {
        self.record_all(&records).await
    }

    async fn transact(&self, writes: Vec<Write>, op: OpId) -> Result<()> {
        self.write_all(&writes, op).await
    }
}
