//! What DynamoDB makes hard and the port promises all the same.

use crate::dynamo;
use aws::DynamoTable;
use domain::Error;
use domain::clock::Clock;
use domain::conformance::{ManualClock, op, owner};
use domain::table::{Expect, Expiry, Put, Query, RowKey, Table, Write};
use jiff::SignedDuration;
use std::sync::Arc;

struct Store {
    table: DynamoTable,
    clock: Arc<ManualClock>,
}

impl Store {
    async fn start() -> Self {
        let config = dynamo::config(&dynamo::start().await);
        let clock = Arc::new(ManualClock::default());
        Self { table: DynamoTable::new(config, dynamo::TABLE.to_owned(), clock.clone()), clock }
    }

    fn in_ten_seconds(&self) -> Option<Expiry> {
        Some(Expiry::at(self.clock.now() + SignedDuration::from_secs(10)))
    }

    async fn fill(&self, sort: &str, expires: Option<Expiry>) {
        self.table.put(Put { expires, ..put(sort, Expect::Absent) }, op()).await.unwrap();
    }

    async fn versions(&self, sorts: &[&str]) -> Vec<Option<u64>> {
        let keys: Vec<_> = sorts.iter().copied().map(key).collect();
        let rows = self.table.get_many(&keys).await.unwrap();
        rows.into_iter().map(|row| row.map(|row| row.version)).collect()
    }
}

fn key(sort: &str) -> RowKey {
    RowKey::new(owner(1), sort)
}

fn put(sort: &str, expect: Expect) -> Put {
    Put::new(key(sort), "body", expect)
}

fn is_conflict<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Conflict)), "{result:?}");
}

#[tokio::test]
async fn a_row_that_will_expire_can_be_changed_until_then() {
    let store = Store::start().await;
    for sort in ["changed", "deleted", "checked"] {
        store.fill(sort, store.in_ten_seconds()).await;
    }
    let writes = vec![
        Write::Put(Put { expires: store.in_ten_seconds(), ..put("changed", Expect::Version(1)) }),
        Write::Delete { key: key("deleted"), version: 1 },
        Write::Check { key: key("checked"), version: 1 },
    ];
    store.table.transact(writes, op()).await.unwrap();
    assert_eq!(store.versions(&["changed", "deleted", "checked"]).await, [Some(2), None, Some(1)]);
    is_conflict(store.table.delete(key("changed"), 1, op()).await);
    store.table.delete(key("changed"), 2, op()).await.unwrap();
    store.clock.advance(SignedDuration::from_secs(10));
    is_conflict(store.table.delete(key("checked"), 1, op()).await);
}

/// A repeat comes later than what it repeats: the time must not make it another transaction.
#[tokio::test]
async fn a_repeated_transaction_is_the_same_one_later() {
    let store = Store::start().await;
    store.fill("old", None).await;
    let lasting =
        || vec![Write::Delete { key: key("old"), version: 1 }, Write::Put(put("new", Expect::Absent))];
    let token = op();
    for _ in 0..3 {
        store.table.transact(lasting(), token).await.unwrap();
        store.clock.advance(SignedDuration::from_secs(7));
    }
    assert_eq!(store.versions(&["old", "new"]).await, [None, Some(1)]);

    store.fill("trash", store.in_ten_seconds()).await;
    let restore =
        || vec![Write::Delete { key: key("trash"), version: 1 }, Write::Put(put("back", Expect::Absent))];
    let token = op();
    for _ in 0..3 {
        store.table.transact(restore(), token).await.unwrap();
        store.clock.advance(SignedDuration::from_secs(7));
    }
    assert_eq!(store.versions(&["trash", "back"]).await, [None, Some(1)]);
    is_conflict(store.table.transact(restore(), op()).await);
}

#[tokio::test]
async fn an_expired_counter_keeps_its_new_expiry() {
    let store = Store::start().await;
    let count =
        async |expires| store.table.add(key("n"), &[("calls", 1)], &[], expires).await.unwrap()["calls"];
    assert_eq!(count(store.in_ten_seconds()).await, 1);
    assert_eq!(count(store.in_ten_seconds()).await, 2);
    store.clock.advance(SignedDuration::from_secs(10));
    let expires = store.in_ten_seconds();
    let all = futures_util::future::join_all((0..8).map(|_| count(expires))).await;
    assert_eq!(all.iter().max(), Some(&8), "eight found it expired, one began anew, none was lost");
    assert_eq!(store.table.get(&key("n")).await.unwrap().unwrap().expires, expires);
    store.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(store.table.get(&key("n")).await.unwrap(), None);
}

#[tokio::test]
async fn keys_may_be_asked_for_twice_and_in_any_number_of_pieces() {
    let store = Store::start().await;
    let mut keys = Vec::new();
    for number in 0..50 {
        let row = Put { body: "x".repeat(390_000), ..put(&format!("{number:02}"), Expect::Absent) };
        keys.push(row.key.clone());
        store.table.put(row, op()).await.unwrap();
    }
    keys.extend(keys.clone());
    let rows = store.table.get_many(&keys).await.unwrap();
    assert!(rows.into_iter().map(|row| row.unwrap().key).eq(keys), "19 MB, more than one answer holds");
}

#[tokio::test]
async fn a_page_may_start_anywhere() {
    let store = Store::start().await;
    for sort in ["a", "b", "c", "d"] {
        store.fill(sort, None).await;
    }
    let sorts = async |query: Query, after: &str| -> String {
        let page = store.table.query(&query.page(Some(after.to_owned()), 10)).await.unwrap();
        page.rows.into_iter().map(|row| row.key.sort).collect()
    };
    let middle = || Query { range: "b".to_owned().."d".to_owned(), ..Query::prefix(owner(1), "") };
    for (after, oldest, newest) in
        [("a", "bc", ""), ("b", "c", ""), ("bb", "c", "b"), ("c", "", "b"), ("d", "", "cb"), ("z", "", "cb")]
    {
        assert_eq!(sorts(middle(), after).await, oldest, "behind {after}");
        assert_eq!(sorts(middle().newest_first(), after).await, newest, "before {after}");
    }
    let nothing = Query { range: "d".to_owned().."b".to_owned(), ..middle() };
    assert_eq!(store.table.query(&nothing).await.unwrap().rows, []);
}
