//! What webhooks cost on AWS: calls and bytes counted at the port, which `aws` maps one to one, at DynamoDB's units and
//! the list prices of us-east-1. `tests/bench/run --only webhooks` prints it.

use crate::delivering::{drain, queued};
use crate::harness::House;
use async_trait::async_trait;
use domain::Result;
use domain::id::OpId;
use domain::outcome::Consumer as _;
use domain::table::{
    Claim, Counters, Expiry, Page, Places, Put, Query, Record, Row, RowKey, Table, Taken, Write,
};
use serde_json::json;
use std::sync::{Arc, Mutex};

/// Dollars for a million. A queue that keeps turns (`MessageGroupId`) costs 0.10 more than one that does not.
const READ: f64 = 0.125;
const WRITE: f64 = 0.625;
const SQS: f64 = 0.50;
const INVOCATION: f64 = 0.20;
const GB_SECOND: f64 = 13.3334;
const GB_OUT: f64 = 0.09;

/// Lambda hands over up to ten messages at once: it has asked for them once and forgets them once.
const BATCHES: [f64; 2] = [1.0, 10.0];
/// Ten receivers are asked at the same time, each of which answers within so long.
const SECONDS: f64 = 0.1;
const GB: f64 = 0.25;
/// Head, TLS and acknowledgements, beside the body.
const AROUND_BODY: f64 = 1_000.0;

const AT_MOST: f64 = 1.60;

#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Units {
    calls: u64,
    read: u64,
    written: u64,
}

/// Weighs what passes as DynamoDB does.
struct Scale {
    inner: Arc<dyn Table>,
    units: Arc<Mutex<Units>>,
}

fn weight(key: &RowKey, body: &str, places: &Places) -> u64 {
    // Names, version, operation and expiry.
    const ATTRIBUTES: usize = 80;
    let places: usize = places.values().map(|place| place.len() + "place1".len()).sum();
    (key.owner.to_string().len() + key.sort.len() + body.len() + places + ATTRIBUTES) as u64
}

fn weight_of(row: &Row) -> u64 {
    weight(&row.key, &row.body, &row.places)
}

/// Each place is one more copy.
fn put_units(put: &Put) -> u64 {
    let copies = 1 + put.places.len() as u64;
    copies * weight(&put.key, &put.body, &put.places).div_ceil(1_024)
}

impl Scale {
    fn reads(&self, units: u64) {
        let mut all = self.units.lock().unwrap();
        (all.calls, all.read) = (all.calls + 1, all.read + units);
    }

    fn writes(&self, units: u64) {
        let mut all = self.units.lock().unwrap();
        (all.calls, all.written) = (all.calls + 1, all.written + units);
    }
}

fn read_units(row: Option<&Row>) -> u64 {
    row.map_or(1, |row| weight_of(row).div_ceil(4_096))
}

#[async_trait]
impl Table for Scale {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>> {
        let found = self.inner.get(key).await?;
        self.reads(read_units(found.as_ref()));
        Ok(found)
    }
    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        let found = self.inner.get_many(keys).await?;
        self.reads(found.iter().map(|row| read_units(row.as_ref())).sum());
        Ok(found)
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        let page = self.inner.query(query).await?;
        self.reads(page.rows.iter().map(weight_of).sum::<u64>().div_ceil(4_096).max(1));
        Ok(page)
    }
    async fn put(&self, put: Put, op: OpId) -> Result<u64> {
        self.writes(put_units(&put));
        self.inner.put(put, op).await
    }
    async fn delete(&self, key: RowKey, version: u64, op: OpId) -> Result<()> {
        self.writes(1);
        self.inner.delete(key, version, op).await
    }
    async fn add(
        &self,
        key: RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Counters> {
        self.writes(1);
        self.inner.add(key, add, drop, expires).await
    }
    async fn take(&self, key: &RowKey, claim: &Claim) -> Result<Taken> {
        self.writes(1);
        self.inner.take(key, claim).await
    }
    async fn record(&self, records: Vec<Record>) -> Result<()> {
        let weight = |record: &Record| weight(&record.key, &record.body, &Places::new());
        self.writes(records.iter().map(|record| weight(record).div_ceil(1_024)).sum());
        self.inner.record(records).await
    }
    async fn transact(&self, writes: Vec<Write>, op: OpId) -> Result<()> {
        let units = |write: &Write| if let Write::Put(put) = write { put_units(put) } else { 1 };
        self.writes(2 * writes.iter().map(units).sum::<u64>());
        self.inner.transact(writes, op).await
    }
}

struct Metered {
    house: House,
    units: Arc<Mutex<Units>>,
}

impl Metered {
    fn new() -> Self {
        let units = Arc::new(Mutex::default());
        let house = House::on(|inner| Arc::new(Scale { inner, units: Arc::clone(&units) }));
        Self { house, units }
    }

    fn spent(&self) -> Units {
        std::mem::take(&mut self.units.lock().unwrap())
    }

    async fn hook(&self, events: &str) {
        let config = json!({ "target_url": "https://receiver.example/hook", "events": [events] });
        let hook = json!({ "kind": "webhook", "name": "hook", "preset": "full_access", "config": config });
        self.house.connect(hook).await;
    }
}

#[tokio::test]
async fn a_million_deliveries_by_tens_cost_at_most_a_dollar_sixty() {
    let metered = Metered::new();
    let house = &metered.house;
    for _ in 0..10 {
        metered.hook("task.*").await;
    }
    let key = house.api("full_access").await;
    house.task(&key, "Known from here on").await;
    drain(house).await;
    house.task(&key, "Call the dentist about the appointment").await;
    let messages = queued(house).await;
    assert_eq!(messages.len(), 10);
    metered.spent();
    for message in messages {
        house.pump.deliver.consume(message).await.unwrap();
    }
    let spent = metered.spent();
    let sent = house.network.take();
    assert_eq!(sent.len(), 10);
    let each = |units: u64| units as f64 / 10.0;
    let body = each(sent.iter().map(|sent| sent.body.len() as u64).sum());
    let (reads, writes) = (each(spent.read), each(spent.written));
    let mut total = 0.0;
    for batch in BATCHES {
        let parts = [
            ("read units", reads, READ),
            ("write units", writes, WRITE),
            ("queue requests", 3.0 / batch, SQS),
            ("invocations", 1.0 / batch, INVOCATION),
            ("GB-seconds", SECONDS * GB / batch, GB_SECOND),
            ("GB out", (body + AROUND_BODY) / 1e9, GB_OUT * 1e6),
        ];
        total = parts.iter().map(|(_, count, price)| count * price).sum();
        for (what, count, price) in parts.into_iter().chain([("all of it", total, 1.0)]) {
            println!("price\t{batch}\t{what}\t{}", count * price);
        }
    }
    assert_eq!((each(spent.calls), reads, writes), (2.0, 4.0, 1.0), "its price has changed");
    assert!(total <= AT_MOST, "{total}");
}

#[tokio::test]
async fn a_change_costs_the_same_beside_a_thousand_connections_that_it_is_not_told_to() {
    let mut costs = Vec::new();
    for others in [0, 1_000] {
        let metered = Metered::new();
        let house = &metered.house;
        metered.hook("task.*").await;
        for number in 0..others {
            metered.hook(["goal.*", "task.deleted"][number % 2]).await;
        }
        let key = house.api("full_access").await;
        house.task(&key, "Known from here on").await;
        drain(house).await;
        house.task(&key, "Milk").await;
        metered.spent();
        assert_eq!(queued(house).await.len(), 1);
        costs.push(metered.spent());
    }
    assert_eq!(costs[0], costs[1]);
}
