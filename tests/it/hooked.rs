//! A table with something in front of every call: what a test wants to count, slow down or break.

use async_trait::async_trait;
use domain::Result;
use domain::id::OpId;
use domain::table::{Claim, Counters, Expiry, Page, Put, Query, Record, Row, RowKey, Table, Taken, Write};
use std::sync::Arc;

#[async_trait]
pub(crate) trait Hook: Send + Sync {
    async fn before(&self) -> Result<()>;

    /// The store has done it; whoever fails here loses the answer.
    async fn after(&self) -> Result<()> {
        Ok(())
    }

    /// For who weighs it: what was found, or is to be written.
    fn passes(&self, _: Passed<'_>) {}
}

pub(crate) enum Passed<'a> {
    /// One for each that was asked for.
    Rows(&'a [Option<Row>]),
    Page(&'a [Row]),
    Put(&'a Put),
    Records(&'a [Record]),
    Transaction(&'a [Write]),
    /// One row is deleted, or counts on.
    Changed,
    /// A place at the gate.
    Taken,
}

pub(crate) struct Hooked<H> {
    pub(crate) inner: Arc<dyn Table>,
    pub(crate) hook: H,
}

#[async_trait]
impl<H: Hook> Table for Hooked<H> {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>> {
        self.hook.before().await?;
        let done = self.inner.get(key).await?;
        self.hook.passes(Passed::Rows(std::slice::from_ref(&done)));
        self.hook.after().await.map(|()| done)
    }
    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        self.hook.before().await?;
        let done = self.inner.get_many(keys).await?;
        self.hook.passes(Passed::Rows(&done));
        self.hook.after().await.map(|()| done)
    }
    async fn put(&self, put: Put, op: OpId) -> Result<u64> {
        self.hook.before().await?;
        self.hook.passes(Passed::Put(&put));
        let done = self.inner.put(put, op).await?;
        self.hook.after().await.map(|()| done)
    }
    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()> {
        self.hook.before().await?;
        self.hook.passes(Passed::Changed);
        let done = self.inner.delete(key, version, op).await?;
        self.hook.after().await.map(|()| done)
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        self.hook.before().await?;
        let done = self.inner.query(query).await?;
        self.hook.passes(Passed::Page(&done.rows));
        self.hook.after().await.map(|()| done)
    }
    async fn add(
        &self,
        key: RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Counters> {
        self.hook.before().await?;
        self.hook.passes(Passed::Changed);
        let done = self.inner.add(key, add, drop, expires).await?;
        self.hook.after().await.map(|()| done)
    }
    async fn take(&self, key: &RowKey, claim: &Claim) -> Result<Taken> {
        self.hook.before().await?;
        self.hook.passes(Passed::Taken);
        let done = self.inner.take(key, claim).await?;
        self.hook.after().await.map(|()| done)
    }
    async fn record(&self, records: Vec<Record>) -> Result<()> {
        self.hook.before().await?;
        self.hook.passes(Passed::Records(&records));
        self.inner.record(records).await?;
        self.hook.after().await
    }
    async fn transact(&self, writes: Vec<Write>, op: OpId) -> Result<()> {
        self.hook.before().await?;
        self.hook.passes(Passed::Transaction(&writes));
        let done = self.inner.transact(writes, op).await?;
        self.hook.after().await.map(|()| done)
    }
}
