//! What a list or an item costs does not grow with what lies beside it: bytes of rows, counted at the port.
//! `tests/bench/run --only data` prints them for `LARDER_MANY` tasks.

use crate::harness::House;
use async_trait::async_trait;
use domain::Result;
use domain::conformance::many::{Cost, LISTS, compared, fill, many};
use domain::id::{OpId, OwnerId};
use domain::table::{Claim, Counters, Expiry, Page, Put, Query, Record, Row, RowKey, Table, Taken, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    bytes: AtomicU64,
}

/// Counts what is read through it.
struct Scale {
    inner: Arc<dyn Table>,
    counts: Arc<Counts>,
}

impl Scale {
    fn weigh<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) {
        let weight = |row: &Row| {
            let places: usize = row.places.values().map(String::len).sum();
            row.key.sort.len() + row.body.len() + places
        };
        let bytes: usize = rows.into_iter().map(weight).sum();
        self.counts.calls.fetch_add(1, Ordering::SeqCst);
        self.counts.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}

#[async_trait]
impl Table for Scale {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>> {
        let found = self.inner.get(key).await?;
        self.weigh(&found);
        Ok(found)
    }
    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        let found = self.inner.get_many(keys).await?;
        self.weigh(found.iter().flatten());
        Ok(found)
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        let page = self.inner.query(query).await?;
        self.weigh(&page.rows);
        Ok(page)
    }
    async fn put(&self, put: Put, op: OpId) -> Result<u64> {
        self.inner.put(put, op).await
    }
    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()> {
        self.inner.delete(key, version, op).await
    }
    async fn add(
        &self,
        key: RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Counters> {
        self.inner.add(key, add, drop, expires).await
    }
    async fn take(&self, key: &RowKey, claim: &Claim) -> Result<Taken> {
        self.counts.calls.fetch_add(1, Ordering::SeqCst);
        self.inner.take(key, claim).await
    }
    async fn record(&self, records: Vec<Record>) -> Result<()> {
        self.inner.record(records).await
    }
    async fn transact(&self, writes: Vec<Write>, op: OpId) -> Result<()> {
        self.inner.transact(writes, op).await
    }
}

async fn costs(many: u32) -> Vec<Cost> {
    let counts = Arc::new(Counts::default());
    let house = House::on(|inner| Arc::new(Scale { inner, counts: Arc::clone(&counts) }));
    let key = house.api("read_only").await;
    let last = fill(&house.store, OwnerId::of("test", "one"), many).await;
    let mut costs = Vec::new();
    let lists = LISTS.map(|asked| format!("/v1/tasks?{asked}"));
    for path in lists.into_iter().chain([format!("/v1/tasks/{last}")]) {
        let read = || [&counts.calls, &counts.bytes].map(|count| count.load(Ordering::SeqCst));
        let [calls, bytes] = read();
        let answer = house.call("GET", &path, &key, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        if let Some(data) = answer.body["data"].as_array() {
            assert_eq!(data.len(), 20, "{path}");
        }
        let [calls_after, bytes_after] = read();
        let (calls, bytes) = (calls_after - calls, bytes_after - bytes);
        costs.push(Cost { path: path.replace(&last.to_string(), "{id}"), calls, bytes });
    }
    costs
}

#[tokio::test]
async fn a_page_costs_the_same_however_much_there_is() {
    let many = many(std::env::var("LARDER_MANY"));
    let (beside_few, beside_many) = (costs(100).await, costs(many).await);
    print!("{}", compared(&beside_few, &beside_many, many));
}
