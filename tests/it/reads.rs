//! What a list or an item costs does not grow with what lies beside it: bytes of rows, counted at the port.
//! `tests/bench/run --only data` prints them for `LARDER_MANY` tasks.

use crate::harness::House;
use crate::hooked::{Hook, Hooked, Passed};
use async_trait::async_trait;
use domain::Result;
use domain::conformance::many::{Cost, LISTS, compared, fill, many};
use domain::id::OwnerId;
use domain::table::Row;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    bytes: AtomicU64,
}

/// Counts what is read.
struct Scale(Arc<Counts>);

impl Scale {
    fn weigh<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) {
        let weight = |row: &Row| {
            let places: usize = row.places.values().map(String::len).sum();
            row.key.sort.len() + row.body.len() + places
        };
        let bytes: usize = rows.into_iter().map(weight).sum();
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        self.0.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}

#[async_trait]
impl Hook for Scale {
    async fn before(&self) -> Result<()> {
        Ok(())
    }

    fn passes(&self, passed: Passed<'_>) {
        match passed {
            Passed::Rows(rows) => self.weigh(rows.iter().flatten()),
            Passed::Page(rows) => self.weigh(rows),
            Passed::Taken => self.weigh([]),
            _ => {}
        }
    }
}

async fn costs(many: u32) -> Vec<Cost> {
    let counts = Arc::new(Counts::default());
    let house = House::on(|inner| Arc::new(Hooked { inner, hook: Scale(Arc::clone(&counts)) }));
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
