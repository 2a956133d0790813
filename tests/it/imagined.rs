//! What is imagined on a table reads as if it had been written there.

use crate::harness::House;
use crate::lives::Random;
use domain::conformance::op;
use domain::id::OwnerId;
use domain::table::{Expect, Imagined, Page, Places, Put, Query, RowKey, Slot, Table, Write};
use std::collections::BTreeMap;

const KEYS: usize = 12;

fn owner() -> OwnerId {
    OwnerId::of("test", "one")
}

/// One of few rows, somewhere, or none any more.
fn write(random: &mut Random, nth: usize, versions: &BTreeMap<usize, u64>) -> (usize, Write) {
    let at = random.below(KEYS);
    let key = RowKey::new(owner(), format!("data/{at:02}"));
    let write = match versions.get(&at) {
        Some(version) if random.below(3) == 0 => Write::Delete { key, version: *version },
        version => {
            let expect = version.map_or(Expect::Absent, |version| Expect::Version(*version));
            let place = format!("place/{}/{at:02}", random.below(4));
            let places = Places::from([(Slot::First, place)]);
            Write::Put(Put { places, ..Put::new(key, nth.to_string(), expect) })
        }
    };
    (at, write)
}

async fn pages(table: &dyn Table, query: &Query, limit: usize) -> Vec<(String, String, u64)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let Page { rows, next } = table.query(&query.clone().page(after, limit)).await.unwrap();
        assert!(rows.len() <= limit);
        all.extend(rows.into_iter().map(|row| (row.key.sort, row.body, row.version)));
        after = next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn it_reads_as_if_it_were_written() {
    for seed in 0..10 {
        let (written, left) = (House::new(), House::new());
        let imagined = Imagined::on(&left.store, left.app.clock.now());
        let (mut random, mut versions) = (Random(seed), BTreeMap::new());
        for nth in 0..40 {
            let (at, write) = write(&mut random, nth, &versions);
            let version = match &write {
                Write::Put(put) => Some(put.expect.next()),
                _ => None,
            };
            written.store.transact(vec![write.clone()], op()).await.unwrap();
            // The first half is what there is; what comes then is imagined.
            let table: &dyn Table = if nth < 20 { &left.store } else { &imagined };
            table.transact(vec![write.clone()], op()).await.unwrap();
            let again = (imagined.transact(vec![write.clone()], op()).await, versions.remove(&at));
            assert!(again.0.is_err(), "seed {seed}: not twice: {write:?}");
            versions.extend(version.map(|version| (at, version)));
        }
        let keys: Vec<_> = (0..KEYS).map(|at| RowKey::new(owner(), format!("data/{at:02}"))).collect();
        let bodies = |rows: Vec<Option<domain::table::Row>>| -> Vec<_> {
            rows.into_iter().map(|row| row.map(|row| (row.body, row.version))).collect()
        };
        let there = [written.store.get_many(&keys).await, imagined.get_many(&keys).await];
        let [there, seen] = there.map(|rows| bodies(rows.unwrap()));
        assert_eq!(there, seen, "seed {seed}");
        for query in [Query::prefix(owner(), "data/"), Query::places(owner(), Slot::First, "place/")] {
            for query in [query.clone(), query.newest_first()] {
                for limit in 1..6 {
                    let there = pages(&written.store, &query, limit).await;
                    assert_eq!(
                        pages(&imagined, &query, limit).await,
                        there,
                        "seed {seed}: {query:?}, {limit}"
                    );
                }
            }
        }
    }
}
