//! The suites of the ports, on the embedded adapters.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod messages;

use domain::clock::{Clock, Entropy};
use domain::conformance::ManualClock;
use domain::conformance::table::Host;
use jiff::SignedDuration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tempfile::TempDir;

#[derive(Default)]
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

fn open() -> (embedded::Opened, Arc<ManualClock>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let opened =
        embedded::open(folder.path(), Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(Counting::default()))
            .unwrap();
    (opened, clock, folder)
}

mod table {
    use super::*;

    async fn host() -> (Host, TempDir) {
        let (opened, clock, folder) = open();
        let (table, log) = (Arc::new(opened.store.clone()), Arc::new(opened.store));
        (Host { table, log, clock }, folder)
    }

    domain::table_suite!(host);
}

mod queue {
    use super::*;

    async fn host() -> (embedded::Store, TempDir) {
        let (opened, _, folder) = open();
        (opened.store, folder)
    }

    domain::queue_suite!(host);
}

/// What is told again lies in memory.
mod queue_of_who_tells {
    use super::*;

    async fn host() -> (embedded::Store, TempDir) {
        let (opened, _, folder) = open();
        (opened.store.for_tellers(), folder)
    }

    domain::queue_suite!(host);
}

mod keyring {
    use super::*;

    async fn host() -> (embedded::KeyFile, TempDir) {
        let (opened, _, folder) = open();
        (opened.keys, folder)
    }

    domain::keyring_suite!(host);
}

#[tokio::test]
async fn sweeping_deletes_what_has_expired_and_nothing_else() {
    use domain::conformance::{op, owner};
    use domain::table::{Expect, Expiry, Put, RowKey, Table as _};

    let (opened, clock, _folder) = open();
    let row = |sort: &str, expires| {
        let key = RowKey::new(owner(1), sort);
        Put { expires, ..Put::new(key, "x", Expect::Absent) }
    };
    let soon = Some(Expiry::at(clock.now() + SignedDuration::from_secs(10)));
    opened.store.put(row("stays", None), op()).await.unwrap();
    opened.store.put(row("goes", soon), op()).await.unwrap();
    assert_eq!(opened.store.sweep().await.unwrap(), 0);
    clock.advance(SignedDuration::from_secs(10));
    assert_eq!(opened.store.sweep().await.unwrap(), 1);
    assert!(opened.store.get(&RowKey::new(owner(1), "stays")).await.unwrap().is_some());
}

/// A backup program, say, holds the file for longer than a writer waits.
#[tokio::test]
async fn what_was_refused_because_the_file_is_busy_is_not_written() {
    use domain::Error;
    use domain::conformance::{op, owner};
    use domain::table::{Expect, Put, RowKey, Table as _, Write};

    let (opened, _, _folder) = open();
    let other = rusqlite::Connection::open(&opened.file).unwrap();
    let put = |sort: &str| {
        let key = RowKey::new(owner(1), sort);
        Put::new(key, "x", Expect::Absent)
    };
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = opened.store.put(put("a"), op()).await;
    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    let refused = opened.store.transact(vec![Write::Put(put("b")), Write::Put(put("c"))], op()).await;
    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    other.execute_batch("ROLLBACK").unwrap();
    for sort in ["a", "b", "c"] {
        assert_eq!(opened.store.get(&RowKey::new(owner(1), sort)).await.unwrap(), None, "{sort}");
        assert_eq!(opened.store.put(put(sort), op()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_file_that_another_program_holds_is_refused_at_the_start() {
    let (opened, clock, folder) = open();
    opened.store.close().await.unwrap();
    drop(opened.lock);
    let other = rusqlite::Connection::open(&opened.file).unwrap();
    for hold in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        other.execute_batch(hold).unwrap();
        let refused = embedded::open(
            folder.path(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(Counting::default()),
        );
        assert!(matches!(refused, Err(embedded::OpenError::Locked(_))), "{hold}: {:?}", refused.err());
        other.execute_batch("ROLLBACK").unwrap();
    }
}

fn reopen(folder: &TempDir) -> Result<embedded::Opened, embedded::OpenError> {
    embedded::open(folder.path(), Arc::new(ManualClock::default()), Arc::new(Counting::default()))
}

#[tokio::test]
async fn a_file_of_an_older_larder_is_brought_up_to_date_and_one_of_a_newer_left_alone() {
    use domain::conformance::{op, owner};
    use domain::table::{Expect, Places, Put, Query, RowKey, Slot, Table as _};

    let (opened, _, folder) = open();
    let file = opened.file.clone();
    let put = |sort: &str| Put::new(RowKey::new(owner(1), sort), "x", Expect::Absent);
    opened.store.put(put("old"), op()).await.unwrap();
    opened.store.close().await.unwrap();
    drop(opened);
    let before_places = |slot: Slot| {
        let name = slot.name();
        format!("DROP INDEX entry_{name}; ALTER TABLE entry DROP COLUMN {name};")
    };
    let sql = Slot::ALL.map(before_places).concat()
        + "DROP INDEX token_at; DROP INDEX message_turn; PRAGMA user_version = 0";
    rusqlite::Connection::open(&file).unwrap().execute_batch(&sql).unwrap();

    for sort in ["new", "newer"] {
        let opened = reopen(&folder).unwrap();
        let places = Places::from([(Slot::First, format!("p/{sort}"))]);
        opened.store.put(Put { places, ..put(sort) }, op()).await.unwrap();
        assert!(opened.store.get(&RowKey::new(owner(1), "old")).await.unwrap().is_some());
        let found = opened.store.query(&Query::places(owner(1), Slot::First, "p/")).await.unwrap();
        assert_eq!(found.rows.last().unwrap().key.sort, sort);
        opened.store.close().await.unwrap();
    }
    let db = rusqlite::Connection::open(&file).unwrap();
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    db.pragma_update(None, "user_version", version + 1).unwrap();
    let refused = reopen(&folder);
    assert!(matches!(refused, Err(embedded::OpenError::Newer(_))), "{:?}", refused.err());
}

#[tokio::test]
async fn who_waits_for_changes_or_messages_is_told_of_those_and_of_nothing_else() {
    use domain::conformance::{op, owner};
    use domain::queue::{Message, Queue as _};
    use domain::schema;
    use domain::table::{Expect, Put, RowKey, Table as _};
    use std::time::Duration;

    let (opened, _, _folder) = open();
    let (store, beside) = (opened.store.clone(), opened.store.for_consumers());
    for store in [store, beside, opened.store.for_patient_consumers(), opened.store.for_tellers()] {
        let (mut changed, mut queued) = (store.changed(), store.queued());
        let mut told = || {
            let told = [&mut changed, &mut queued].map(|one| {
                let is_told = one.has_changed().unwrap();
                one.mark_unchanged();
                is_told
            });
            (told[0], told[1])
        };
        told();
        let unlogged = Put::new(RowKey::new(owner(1), "unlogged"), "x", Expect::Absent);
        let version = store.put(unlogged.clone(), op()).await.unwrap();
        assert_eq!(told(), (false, false), "of a row that nobody follows");
        store.delete(unlogged.key, version, op()).await.unwrap();
        let logged = RowKey::new(owner(1), format!("{}x", schema::NOTICE));
        let version = store.put(Put::new(logged.clone(), "x", Expect::Absent), op()).await.unwrap();
        assert_eq!(told(), (true, false));
        store.delete(logged, version, op()).await.unwrap();
        assert_eq!(told(), (true, false));
        let message = Message { body: "x".to_owned(), group: "g".to_owned(), delay: Duration::ZERO };
        store.send(vec![message]).await.unwrap();
        assert_eq!(told(), (false, true));
        let taken = store.receive(1, Duration::from_secs(60)).await.unwrap();
        store.done(&taken[0].receipt).await.unwrap();
        assert_eq!(told(), (false, false), "of a message that is gone");
    }
}

#[tokio::test]
async fn no_change_is_told_that_the_power_could_still_take() {
    use domain::conformance::{op, owner};
    use domain::schema;
    use domain::table::{ChangeLog as _, Expect, Put, RowKey, Table as _, Write};

    let (opened, _, folder) = open();
    let file = rusqlite::Connection::open(folder.path().join("larder.db")).unwrap();
    let synced = || -> Option<String> {
        let sql = "SELECT (SELECT position FROM mark WHERE name = 'synced')";
        file.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let (store, beside) = (opened.store.clone(), opened.store.for_consumers());
    let put = async |table: &embedded::Store, name: &str| {
        let key = RowKey::new(owner(1), format!("{}{name}", schema::NOTICE));
        table.put(Put::new(key, "x", Expect::Absent), op()).await
    };
    let told = async || store.changes(None, 100).await.unwrap().last().map(|change| change.position.clone());
    assert_eq!((told().await, synced()), (None, None));
    put(&store, "a").await.unwrap();
    assert_eq!(told().await.as_deref(), Some("1"));
    assert_eq!(synced(), None, "it was synced as it was written");
    put(&beside, "b").await.unwrap();
    assert_eq!((told().await, synced()), (Some("2".to_owned()), Some("2".to_owned())));
    assert_eq!((told().await, synced()), (Some("2".to_owned()), Some("2".to_owned())), "once is enough");

    put(&beside, "c").await.unwrap();
    put(&store, "a").await.unwrap_err();
    store
        .transact(vec![Write::Check { key: RowKey::new(owner(1), "none"), version: 1 }], op())
        .await
        .unwrap_err();
    told().await;
    assert_eq!(synced().as_deref(), Some("3"), "what wrote nothing has synced nothing");
    put(&beside, "d").await.unwrap();
    put(&store, "e").await.unwrap();
    assert_eq!(told().await.as_deref(), Some("5"));
    assert_eq!(synced().as_deref(), Some("3"), "what is synced later takes along what was written before");
}

/// Whoever reads a row, and so may have it at hand, and reads it again when it was written, in whichever way.
#[tokio::test]
async fn what_was_written_is_read_whoever_read_it_before() {
    use domain::conformance::{op, owner};
    use domain::table::{Claim, Counters, Expect, Expiry, Put, Record, RowKey, Table as _, Write};

    let (opened, clock, _folder) = open();
    for table in [opened.store.clone(), opened.store.for_consumers(), opened.store.for_patient_consumers()] {
        let key = RowKey::new(owner(1), "row");
        let seen = async || {
            let first = opened.store.get(&key).await.unwrap();
            assert_eq!(opened.store.get(&key).await.unwrap(), first, "and once more");
            first.map(|row| (row.version, row.body, row.counters.get("n").copied()))
        };
        let put = |body: &str, expect| Put::new(key.clone(), body, expect);
        let is = |version, body: &str, count| Some((version, body.to_owned(), count));
        assert_eq!(seen().await, None);
        table.put(put("a", Expect::Absent), op()).await.unwrap();
        assert_eq!(seen().await, is(1, "a", None));
        table.transact(vec![Write::Put(put("b", Expect::Version(1)))], op()).await.unwrap();
        assert_eq!(seen().await, is(2, "b", None));
        table.add(key.clone(), &[("n", 1)], &[], None).await.unwrap();
        assert_eq!(seen().await, is(2, "b", Some(1)));
        let set =
            Write::Set { key: key.clone(), set: Counters::from([("n".to_owned(), 7)]), drop: [].into() };
        table.transact(vec![set], op()).await.unwrap();
        assert_eq!(seen().await, is(2, "b", Some(7)));
        let claim = Claim { counters: vec![("n".to_owned(), "most")], guards: Vec::new() };
        let most =
            Write::Set { key: key.clone(), set: Counters::from([("most".to_owned(), 9)]), drop: [].into() };
        table.transact(vec![most], op()).await.unwrap();
        assert!(table.take(&key, &claim).await.unwrap().is_taken);
        assert_eq!(seen().await, is(2, "b", Some(8)));
        table.transact(vec![Write::Touch { key: key.clone() }], op()).await.unwrap();
        assert_eq!(seen().await.map(|(version, ..)| version), Some(3));
        table.delete(key.clone(), 3, op()).await.unwrap();
        assert_eq!(seen().await, None);
        let expires = Some(Expiry::at(clock.now() + SignedDuration::from_secs(10)));
        table.record(vec![Record { key: key.clone(), body: "c".to_owned(), expires }]).await.unwrap();
        assert_eq!(seen().await, is(1, "c", None));
        clock.advance(SignedDuration::from_secs(10));
        assert_eq!(seen().await, None, "it has expired");
        assert_eq!(opened.store.sweep().await.unwrap(), 1);
        assert_eq!(seen().await, None);
    }
}

#[tokio::test]
async fn what_is_written_comes_to_its_place_while_nobody_writes_and_the_log_has_an_end() {
    use domain::conformance::{op, owner};
    use domain::table::{Expect, Put, RowKey, Table as _};
    use std::time::{Duration, Instant};

    const ROW: usize = 300_000;
    let (opened, _, folder) = open();
    let length = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len() as usize;
    let put = async |number: usize| {
        let key = RowKey::new(owner(1), format!("row-{number}"));
        opened.store.put(Put::new(key, "x".repeat(ROW), Expect::Absent), op()).await.unwrap();
    };
    for number in 0..20 {
        put(number).await;
    }
    // Much less than what is put there whoever waits.
    let began = Instant::now();
    while length("larder.db") < 5 * ROW {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{} bytes are in their place",
            length("larder.db")
        );
        std::thread::yield_now();
    }
    for number in 20..300 {
        put(number).await;
    }
    assert!(length("larder.db-wal") < 70_000_000, "{} bytes in the log", length("larder.db-wal"));
    opened.store.close().await.unwrap();
    assert!(length("larder.db") > 300 * ROW);
    assert!(!folder.path().join("larder.db-wal").exists());
}
