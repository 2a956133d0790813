//! A table with something in front of every call: what a test wants to count, slow down or break.

use async_trait::async_trait;
use domain::Result;
use domain::id::OpId;
use domain::table::{Counters, Expiry, Page, Put, Query, Row, RowKey, Table, Write};
use std::sync::Arc;

#[async_trait]
pub(crate) trait Hook: Send + Sync {
    async fn before(&self) -> Result<()>;
}

pub(crate) struct Hooked<H> {
    pub(crate) inner: Arc<dyn Table>,
    pub(crate) hook: H,
}

#[async_trait]
impl<H: Hook> Table for Hooked<H> {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>> {
        self.hook.before().await?;
        self.inner.get(key).await
    }
    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        self.hook.before().await?;
        self.inner.get_many(keys).await
    }
    async fn put(&self, put: Put, op: OpId) -> Result<u64> {
        self.hook.before().await?;
        self.inner.put(put, op).await
    }
    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()> {
        self.hook.before().await?;
        self.inner.delete(key, version, op).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        self.hook.before().await?;
        self.inner.query(query).await
    }
    async fn add(&self, key: RowKey, add: &[(&str, i64)], expires: Option<Expiry>) -> Result<Counters> {
        self.hook.before().await?;
        self.inner.add(key, add, expires).await
    }
    async fn transact(&self, writes: Vec<Write>, op: OpId) -> Result<()> {
        self.hook.before().await?;
        self.inner.transact(writes, op).await
    }
}
