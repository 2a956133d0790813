//! What webhooks cost on AWS: calls and bytes counted at the port, which `aws` maps one to one, at DynamoDB's units and
//! the list prices of us-east-1. `tests/bench/run --only webhooks` prints it.

use crate::delivering::{drain, queued};
use crate::harness::House;
use crate::hooked::{Hook, Hooked, Passed};
use async_trait::async_trait;
use domain::Result;
use domain::outcome::Consumer as _;
use domain::table::{Places, Put, Record, Row, RowKey, Write};
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
struct Scale(Arc<Mutex<Units>>);

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
    fn passed(&self, read: u64, written: u64) {
        let mut all = self.0.lock().unwrap();
        *all = Units { calls: all.calls + 1, read: all.read + read, written: all.written + written };
    }
}

fn read_units(row: Option<&Row>) -> u64 {
    row.map_or(1, |row| weight_of(row).div_ceil(4_096))
}

fn record_units(record: &Record) -> u64 {
    weight(&record.key, &record.body, &Places::new()).div_ceil(1_024)
}

fn write_units(write: &Write) -> u64 {
    if let Write::Put(put) = write { put_units(put) } else { 1 }
}

#[async_trait]
impl Hook for Scale {
    async fn before(&self) -> Result<()> {
        Ok(())
    }

    fn passes(&self, passed: Passed<'_>) {
        match passed {
            Passed::Rows(rows) => self.passed(rows.iter().map(|row| read_units(row.as_ref())).sum(), 0),
            Passed::Page(rows) => {
                self.passed(rows.iter().map(weight_of).sum::<u64>().div_ceil(4_096).max(1), 0);
            }
            Passed::Put(put) => self.passed(0, put_units(put)),
            Passed::Records(records) => self.passed(0, records.iter().map(record_units).sum()),
            Passed::Transaction(writes) => self.passed(0, 2 * writes.iter().map(write_units).sum::<u64>()),
            Passed::Changed | Passed::Taken => self.passed(0, 1),
        }
    }
}

struct Metered {
    house: House,
    units: Arc<Mutex<Units>>,
}

impl Metered {
    fn new() -> Self {
        let units = Arc::new(Mutex::default());
        let house = House::on(|inner| Arc::new(Hooked { inner, hook: Scale(Arc::clone(&units)) }));
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
