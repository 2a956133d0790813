//! What every table and its change log do.

use super::count::FAR;
use super::{ManualClock, op, owner};
use crate::Error;
use crate::clock::Clock;
use crate::table::{
    ChangeLog, Counters, Expect, Expiry, MOST_BYTES, Put, Query, Record, RowChange, RowKey, Table, Write,
};
use jiff::SignedDuration;
use std::sync::Arc;

/// A fresh, empty store, and the clock that it looks at.
pub struct Host {
    pub table: Arc<dyn Table>,
    pub log: Arc<dyn ChangeLog>,
    pub clock: Arc<ManualClock>,
}

#[macro_export]
macro_rules! table_suite {
    ($host:path) => {
        $crate::table_suite!(@ $host; table:
            puts_if_absent, puts_if_the_version_is_right, counts_on_from_what_is_gone, recognises_its_own_write,
            deletes_if_the_version_is_right,
            gets_many_in_order, pages_in_both_directions, pages_across_a_megabyte, queries_stay_within_range_and_owner,
            transactions_fail_whole, a_row_that_is_touched_is_made_or_counts_on, a_transaction_token_works_once,
            records_whatever_lies_there, refuses_400_kb, an_expired_row_is_gone_at_once, logs_each_change_once_in_order);
        $crate::table_suite!(@ $host; count:
            counts_exactly_under_64_adders, counting_leaves_the_rest_of_the_row, drops_counters,
            adds_nothing_to_a_row_without_end_that_is_not_there, takes_where_there_is_room_and_the_guards_hold,
            gives_all_room_once_under_64_takers, sets_numbers_with_the_rest_of_a_transaction);
        $crate::table_suite!(@ $host; places:
            finds_rows_by_their_places, places_go_with_their_row, places_move_whole_or_not_at_all,
            pages_stay_right_while_rows_move, rows_may_share_a_place, a_page_by_places_may_start_anywhere,
            refuses_what_cannot_be_a_place, random_writes_are_found_like_in_a_model);
    };
    (@ $host:path; $suite:ident: $($case:ident),*) => { $(
        #[tokio::test]
        async fn $case() {
            $crate::conformance::$suite::$case(&$host().await.0).await;
        }
    )* };
}

pub(super) fn key(sort: &str) -> RowKey {
    RowKey::new(owner(1), sort)
}

pub(super) fn put(sort: &str, body: &str, expect: Expect) -> Put {
    Put::new(key(sort), body, expect)
}

pub(super) async fn fill(host: &Host, sort: &str, body: &str) {
    host.table.put(put(sort, body, Expect::Absent), op()).await.unwrap();
}

pub(super) async fn body(host: &Host, sort: &str) -> Option<String> {
    host.table.get(&key(sort)).await.unwrap().map(|row| row.body)
}

pub(super) fn is_conflict<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Conflict)), "{result:?}");
}

pub async fn puts_if_absent(host: &Host) {
    assert_eq!(host.table.get(&key("a")).await.unwrap(), None);
    assert_eq!(host.table.put(put("a", "one", Expect::Absent), op()).await.unwrap(), 1);
    is_conflict(host.table.put(put("a", "two", Expect::Absent), op()).await);
    let row = host.table.get(&key("a")).await.unwrap().unwrap();
    assert_eq!((row.body.as_str(), row.version, row.key), ("one", 1, key("a")));
}

pub async fn puts_if_the_version_is_right(host: &Host) {
    is_conflict(host.table.put(put("a", "x", Expect::Version(1)), op()).await);
    fill(host, "a", "one").await;
    assert_eq!(host.table.put(put("a", "two", Expect::Version(1)), op()).await.unwrap(), 2);
    is_conflict(host.table.put(put("a", "late", Expect::Version(1)), op()).await);
    assert_eq!(body(host, "a").await.as_deref(), Some("two"));
}

pub async fn counts_on_from_what_is_gone(host: &Host) {
    assert_eq!(host.table.put(put("a", "back", Expect::Gone(7)), op()).await.unwrap(), 8);
    is_conflict(host.table.put(put("a", "again", Expect::Gone(8)), op()).await);
    let moved =
        vec![Write::Delete { key: key("a"), version: 8 }, Write::Put(put("b", "moved", Expect::Gone(8)))];
    host.table.transact(moved, op()).await.unwrap();
    assert_eq!(host.table.get(&key("b")).await.unwrap().map(|row| row.version), Some(9));
    is_conflict(host.table.transact(vec![Write::Put(put("b", "x", Expect::Gone(9)))], op()).await);
}

/// A transport that repeats a write must not make it look like somebody else's.
pub async fn recognises_its_own_write(host: &Host) {
    let (created, changed) = (op(), op());
    for _ in 0..3 {
        assert_eq!(host.table.put(put("a", "one", Expect::Absent), created).await.unwrap(), 1);
    }
    for _ in 0..3 {
        assert_eq!(host.table.put(put("a", "two", Expect::Version(1)), changed).await.unwrap(), 2);
    }
    is_conflict(host.table.put(put("a", "one", Expect::Absent), created).await);
}

pub async fn deletes_if_the_version_is_right(host: &Host) {
    fill(host, "a", "one").await;
    is_conflict(host.table.delete(key("a"), 2, op()).await);
    let deleted = op();
    host.table.delete(key("a"), 1, deleted).await.unwrap();
    host.table.delete(key("a"), 1, deleted).await.unwrap();
    is_conflict(host.table.delete(key("a"), 1, op()).await);
    assert_eq!(body(host, "a").await, None);
}

pub async fn gets_many_in_order(host: &Host) {
    for sort in ["a", "b", "c"] {
        fill(host, sort, sort).await;
    }
    let keys = ["c", "missing", "a"].map(key);
    let rows = host.table.get_many(&keys).await.unwrap();
    let bodies: Vec<_> = rows.into_iter().map(|row| row.map(|row| row.body)).collect();
    assert_eq!(bodies, [Some("c".to_owned()), None, Some("a".to_owned())]);
    assert_eq!(host.table.get_many(&[]).await.unwrap(), []);
}

pub(super) async fn walk(host: &Host, query: Query, limit: usize) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = host.table.query(&query.clone().page(after, limit)).await.unwrap();
        assert!(page.rows.len() <= limit);
        assert!(page.next.is_none() || page.rows.len() == limit, "a page with a next one is full");
        seen.extend(page.rows.into_iter().map(|row| row.key.sort));
        after = page.next;
        if after.is_none() {
            return seen;
        }
    }
}

pub async fn pages_in_both_directions(host: &Host) {
    let sorts: Vec<_> = (0..25).map(|n| format!("n/{n:02}")).collect();
    for sort in &sorts {
        fill(host, sort, "x").await;
    }
    for limit in [1, 7, 25, 100] {
        assert_eq!(walk(host, Query::prefix(owner(1), "n/"), limit).await, sorts);
        let newest_first = walk(host, Query::prefix(owner(1), "n/").newest_first(), limit).await;
        assert!(newest_first.iter().eq(sorts.iter().rev()));
    }
}

pub async fn pages_across_a_megabyte(host: &Host) {
    let sorts: Vec<_> = (0..12).map(|n| format!("big/{n:02}")).collect();
    for sort in &sorts {
        fill(host, sort, &"x".repeat(300_000)).await;
    }
    let query = Query::prefix(owner(1), "big/").page(None, 10);
    assert_eq!(host.table.query(&query).await.unwrap().rows.len(), 10, "3 MB in one page");
    assert_eq!(walk(host, query, 5).await, sorts);
}

pub async fn queries_stay_within_range_and_owner(host: &Host) {
    for sort in ["a", "b/", "b/1", "b/ü", "b/\u{ffff}", "b0", "c"] {
        fill(host, sort, "x").await;
    }
    let other = Put::new(RowKey::new(owner(2), "b/2"), "x", Expect::Absent);
    host.table.put(other, op()).await.unwrap();
    assert_eq!(walk(host, Query::prefix(owner(1), "b/"), 2).await, ["b/", "b/1", "b/ü", "b/\u{ffff}"]);
    assert_eq!(walk(host, Query::prefix(owner(2), "b/"), 2).await, ["b/2"]);
    let range = Query { range: "a".to_owned().."b/1".to_owned(), ..Query::prefix(owner(1), "") };
    assert_eq!(walk(host, range, 2).await, ["a", "b/"], "the end is not in it");
}

pub async fn transactions_fail_whole(host: &Host) {
    fill(host, "a", "one").await;
    fill(host, "b", "one").await;
    let change_a = || Write::Put(put("a", "two", Expect::Version(1)));
    let failing = [
        Write::Put(put("b", "two", Expect::Absent)),
        Write::Put(put("c", "two", Expect::Version(1))),
        Write::Delete { key: key("b"), version: 2 },
        Write::Check { key: key("b"), version: 2 },
        Write::Check { key: key("c"), version: 1 },
    ];
    for write in failing {
        is_conflict(host.table.transact(vec![change_a(), write.clone()], op()).await);
        is_conflict(host.table.transact(vec![write, change_a()], op()).await);
    }
    assert_eq!(body(host, "a").await.as_deref(), Some("one"));
    let writes = vec![
        change_a(),
        Write::Delete { key: key("b"), version: 1 },
        Write::Put(put("c", "new", Expect::Absent)),
    ];
    host.table.transact(writes, op()).await.unwrap();
    assert_eq!(body(host, "a").await.as_deref(), Some("two"));
    assert_eq!(body(host, "b").await, None);
    assert_eq!(body(host, "c").await.as_deref(), Some("new"));
}

pub async fn a_row_that_is_touched_is_made_or_counts_on(host: &Host) {
    let touch = || Write::Touch { key: key("coming/a") };
    let row = async || {
        let row = host.table.get(&key("coming/a")).await.unwrap();
        row.map(|row| (row.version, row.body))
    };
    let late = || vec![touch(), Write::Put(put("b", "one", Expect::Version(7)))];
    is_conflict(host.table.transact(late(), op()).await);
    assert_eq!(row().await, None);
    let token = op();
    for _ in 0..2 {
        let writes = vec![touch(), Write::Put(put("b", "one", Expect::Absent))];
        host.table.transact(writes, token).await.unwrap();
        assert_eq!(row().await, Some((1, String::new())), "once");
    }
    host.table.transact(vec![touch()], op()).await.unwrap();
    is_conflict(host.table.put(put("coming/a", "", Expect::Version(1)), op()).await);
    host.table.put(put("coming/a", "", Expect::Version(2)), op()).await.unwrap();
    host.table.transact(vec![touch()], op()).await.unwrap();
    assert_eq!(row().await, Some((4, String::new())));
    let soon = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    host.table.put(Put { expires: soon, ..put("brief", "x", Expect::Absent) }, op()).await.unwrap();
    let brief = || vec![Write::Touch { key: key("brief") }];
    is_conflict(host.table.transact(brief(), op()).await);
    host.clock.advance(SignedDuration::from_secs(10));
    host.table.transact(brief(), op()).await.unwrap();
    let row = host.table.get(&key("brief")).await.unwrap().unwrap();
    assert_eq!((row.version, row.body.as_str(), row.expires), (1, "", None));
}

pub async fn a_transaction_token_works_once(host: &Host) {
    let token = op();
    let writes =
        || vec![Write::Put(put("a", "one", Expect::Absent)), Write::Put(put("b", "one", Expect::Absent))];
    host.table.transact(writes(), token).await.unwrap();
    host.clock.advance(SignedDuration::from_secs(60));
    host.table.transact(writes(), token).await.unwrap();
    assert_eq!(host.table.get(&key("a")).await.unwrap().unwrap().version, 1);
    let others = vec![Write::Put(put("z", "one", Expect::Absent))];
    let reused = host.table.transact(others, token).await;
    assert!(matches!(reused, Err(Error::TokenReused)), "{reused:?}");
    assert_eq!(body(host, "z").await, None);
}

pub async fn records_whatever_lies_there(host: &Host) {
    let expires = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    let record = |sort: &str, body: &str| Record { key: key(sort), body: body.to_owned(), expires };
    host.table.record(Vec::new()).await.unwrap();
    let many = (0..60).map(|n| record(&format!("act/{n:02}"), "one")).collect();
    host.table.record(many).await.unwrap();
    assert_eq!(walk(host, Query::prefix(owner(1), "act/"), 25).await.len(), 60);
    for version in 1..3 {
        let expect = if version == 1 { Expect::Absent } else { Expect::Version(1) };
        host.table.put(put("a", "put", expect), op()).await.unwrap();
    }
    host.table.add(key("a"), &[("calls", 1)], &[], None).await.unwrap();
    host.table.record(vec![record("a", "recorded"), record("notice/1", "one")]).await.unwrap();
    host.table.record(vec![record("notice/1", "two")]).await.unwrap();
    let row = host.table.get(&key("a")).await.unwrap().unwrap();
    assert_eq!((row.body.as_str(), row.version, row.expires), ("recorded", 1, expires));
    assert_eq!(row.counters, Counters::new());
    assert_eq!(host.table.put(put("a", "two", Expect::Version(1)), op()).await.unwrap(), 2);

    let logged = host.log.changes(None, 100).await.unwrap();
    let image = |image: Option<crate::table::Image>| image.map(|image| (image.version, image.body));
    let told: Vec<_> =
        logged.into_iter().map(|it| (it.key.sort, image(it.before), image(it.after))).collect();
    let (sort, one, two) = ("notice/1".to_owned(), Some((1, "one".to_owned())), Some((1, "two".to_owned())));
    assert_eq!(told, [(sort.clone(), None, one.clone()), (sort, one, two)]);

    host.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(walk(host, Query::prefix(owner(1), "act/"), 100).await, [""; 0]);
    let too_large = host.table.record(vec![record("b", &"x".repeat(MOST_BYTES))]).await;
    assert!(matches!(too_large, Err(Error::TooLarge { .. })), "{too_large:?}");
}

pub async fn refuses_400_kb(host: &Host) {
    let too_large = "x".repeat(MOST_BYTES);
    let refused = host.table.put(put("a", &too_large, Expect::Absent), op()).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    let writes = vec![Write::Put(put("a", &too_large, Expect::Absent))];
    let refused = host.table.transact(writes, op()).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    fill(host, "a", &"x".repeat(MOST_BYTES - 1024)).await;
}

pub async fn an_expired_row_is_gone_at_once(host: &Host) {
    let expires = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    for sort in ["a", "b", "c", "d"] {
        let row = Put { expires, ..put(sort, "one", Expect::Absent) };
        host.table.put(row, op()).await.unwrap();
    }
    host.table.add(key("n"), &[("calls", 5)], &[], expires).await.unwrap();
    host.clock.advance(SignedDuration::from_secs(9));
    assert!(body(host, "a").await.is_some());
    host.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(body(host, "a").await, None);
    assert_eq!(host.table.get_many(&[key("a")]).await.unwrap(), [None]);
    assert_eq!(walk(host, Query::prefix(owner(1), ""), 10).await, [""; 0]);
    is_conflict(host.table.put(put("a", "two", Expect::Version(1)), op()).await);
    is_conflict(host.table.delete(key("b"), 1, op()).await);
    is_conflict(host.table.transact(vec![Write::Check { key: key("c"), version: 1 }], op()).await);
    fill(host, "a", "again").await;
    host.table.transact(vec![Write::Put(put("d", "again", Expect::Absent))], op()).await.unwrap();
    let counters = host.table.add(key("n"), &[("calls", 2)], &[], FAR).await.unwrap();
    assert_eq!(counters.get("calls"), Some(&2), "an expired counter starts anew");
}

pub async fn logs_each_change_once_in_order(host: &Host) {
    fill(host, "data/t/1", "one").await;
    fill(host, "data/t/2", "one").await;
    fill(host, "key/1", "not logged").await;
    host.table.put(put("data/t/1", "two", Expect::Version(1)), op()).await.unwrap();
    is_conflict(host.table.put(put("data/t/1", "late", Expect::Version(1)), op()).await);
    host.table.add(key("usage/1"), &[("calls", 1)], &[], FAR).await.unwrap();
    let writes = vec![
        Write::Delete { key: key("data/t/1"), version: 2 },
        Write::Put(put("trash/t/1", "two", Expect::Absent)),
    ];
    host.table.transact(writes, op()).await.unwrap();

    let mut log: Vec<RowChange> = Vec::new();
    loop {
        let after = log.last().map(|change| change.position.clone());
        let more = host.log.changes(after.as_deref(), 2).await.unwrap();
        if more.is_empty() {
            break;
        }
        log.extend(more);
    }
    assert_eq!(log.len(), 5);
    let of = |sort: &str| -> Vec<_> {
        let image = |image: &Option<crate::table::Image>| image.as_ref().map(|i| (i.version, i.body.clone()));
        let of_row = log.iter().filter(|change| change.key == key(sort));
        of_row.map(|change| (image(&change.before), image(&change.after))).collect()
    };
    let at = |version, body: &str| Some((version, body.to_owned()));
    let first = [(None, at(1, "one")), (at(1, "one"), at(2, "two")), (at(2, "two"), None)];
    assert_eq!(of("data/t/1"), first);
    assert_eq!(of("data/t/2"), [(None, at(1, "one"))]);
    assert_eq!(of("trash/t/1"), [(None, at(1, "two"))]);
}
