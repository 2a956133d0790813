//! What every table does with counters.

use super::op;
use super::table::{Host, fill, is_conflict, key, put};
use crate::clock::Clock as _;
use crate::table::{Claim, Counters, Expect, Expiry, Put, Taken, Write};
use futures_util::future::join_all;
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// Later than any time in these tests.
pub const FAR: Option<Expiry> = Some(Expiry(i64::MAX / 2));

fn counters<const N: usize>(numbers: [(&str, i64); N]) -> Counters {
    numbers.map(|(name, number)| (name.to_owned(), number)).into()
}

fn set<const N: usize>(sort: &str, numbers: [(&str, i64); N], drop: &[&str]) -> Write {
    let drop = drop.iter().map(|name| (*name).to_owned()).collect();
    Write::Set { key: key(sort), set: counters(numbers), drop }
}

/// In a minute and an hour, with a key that has to hold beyond `at`.
fn claim(minute: &str, at: i64) -> Claim {
    let of = [(minute, "minute"), ("h1", "hour")];
    let guards = vec![("key".to_owned(), at)];
    Claim { counters: of.map(|(name, most)| (name.to_owned(), most)).into(), guards }
}

pub async fn counts_exactly_under_64_adders(host: &Host) {
    let add = |n: i64| {
        host.table.add(
            key("usage/a"),
            if n % 2 == 0 { &[("calls", 1), ("bytes", 10)] } else { &[("calls", 1)] },
            &[],
            FAR,
        )
    };
    let mut seen: Vec<i64> = join_all((0..64).map(add))
        .await
        .into_iter()
        .map(|counters| counters.unwrap().get("calls").copied().unwrap_or_default())
        .collect();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(1..=64), "each adder sees its own total");
    let row = host.table.get(&key("usage/a")).await.unwrap().unwrap();
    assert_eq!(row.counters, Counters::from([("bytes".to_owned(), 320), ("calls".to_owned(), 64)]));
    assert_eq!((row.version, row.body.as_str()), (1, ""), "a row of counters only is at its first version");
}

pub async fn counting_leaves_the_rest_of_the_row(host: &Host) {
    let expires = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    host.table.put(Put { expires, ..put("a", "one", Expect::Absent) }, op()).await.unwrap();
    host.table.add(key("a"), &[("seen", -3)], &[], None).await.unwrap();
    let row = host.table.get(&key("a")).await.unwrap().unwrap();
    assert_eq!((row.body.as_str(), row.version, row.expires), ("one", 1, expires));
    assert_eq!(row.counters, Counters::from([("seen".to_owned(), -3)]));
    assert_eq!(host.table.put(put("a", "two", Expect::Version(1)), op()).await.unwrap(), 2);
}

pub async fn drops_counters(host: &Host) {
    let add = async |add: &[(&str, i64)], drop: &[&str]| {
        host.table.add(key("rate/a"), add, drop, FAR).await.unwrap().into_iter().collect::<Vec<_>>()
    };
    let of = |counters: &[(&str, i64)]| -> Vec<_> {
        counters.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    assert_eq!(add(&[("d", 1), ("m1", 1)], &["m0"]).await, of(&[("d", 1), ("m1", 1)]), "nothing to drop yet");
    assert_eq!(add(&[("d", 1), ("m2", 1)], &["m1", "m0"]).await, of(&[("d", 2), ("m2", 1)]));
    assert_eq!(add(&[], &["m2"]).await, of(&[("d", 2)]));
    assert_eq!(add(&[("m2", 3)], &[]).await, of(&[("d", 2), ("m2", 3)]), "and it begins anew");
}

pub async fn adds_nothing_to_a_row_without_end_that_is_not_there(host: &Host) {
    let none = host.table.add(key("a"), &[("calls", 1)], &["x"], None).await.unwrap();
    assert_eq!((none, host.table.get(&key("a")).await.unwrap()), (Counters::new(), None));
    let soon = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    host.table.add(key("a"), &[("calls", 1)], &[], soon).await.unwrap();
    host.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(host.table.add(key("a"), &[("calls", 1)], &[], None).await.unwrap(), Counters::new());
    assert_eq!(host.table.get(&key("a")).await.unwrap(), None);
}

pub async fn takes_where_there_is_room_and_the_guards_hold(host: &Host) {
    let take = async |minute: &str, at: i64| -> Taken {
        host.table.take(&key("rate/a"), &claim(minute, at)).await.unwrap()
    };
    let refused = |counters: &Counters| Taken { is_taken: false, counters: counters.clone() };
    assert_eq!(take("m1", 0).await, refused(&Counters::new()), "no row, no room");
    assert_eq!(host.table.get(&key("rate/a")).await.unwrap(), None);

    let mut row = counters([("hour", 3), ("key", 100), ("minute", 2)]);
    host.table
        .transact(vec![set("rate/a", [("hour", 3), ("key", 100), ("minute", 2)], &[])], op())
        .await
        .unwrap();
    for (minute, used_of_minute, used_of_hour) in [("m1", 1, 1), ("m1", 2, 2), ("m2", 1, 3)] {
        assert_eq!(take(minute, 100).await, refused(&row), "the key has ended");
        row.extend(counters([(minute, used_of_minute), ("h1", used_of_hour)]));
        assert_eq!(take(minute, 99).await, Taken { is_taken: true, counters: row.clone() });
        if used_of_minute == 2 {
            assert_eq!(
                take(minute, 99).await,
                refused(&row),
                "the minute is full, and nothing of the hour is taken"
            );
        }
    }
    assert_eq!(take("m2", 99).await, refused(&row), "the hour is full, and nothing of the minute is taken");
    assert_eq!(take("m3", 99).await, refused(&row));

    host.table.transact(vec![set("rate/a", [], &["hour"])], op()).await.unwrap();
    row.remove("hour");
    row.extend(counters([("m2", 2), ("h1", 4)]));
    assert_eq!(take("m2", 99).await, Taken { is_taken: true, counters: row.clone() }, "no hour, no limit");
    host.table.transact(vec![set("rate/a", [("minute", 0)], &[])], op()).await.unwrap();
    row.extend(counters([("minute", 0)]));
    assert_eq!(take("m3", 99).await, refused(&row), "none is none, of a new minute too");
    host.table.transact(vec![set("rate/a", [("minute", 9)], &["key"])], op()).await.unwrap();
    row.remove("key");
    row.extend(counters([("minute", 9)]));
    assert_eq!(take("m3", i64::MIN).await, refused(&row), "without the guard it is shut");

    let soon = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    host.table.add(key("brief"), &[("key", 9)], &[], soon).await.unwrap();
    assert!(host.table.take(&key("brief"), &claim("m1", 0)).await.unwrap().is_taken);
    host.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(host.table.take(&key("brief"), &claim("m1", 0)).await.unwrap(), refused(&Counters::new()));
}

pub async fn gives_all_room_once_under_64_takers(host: &Host) {
    let numbers = [("hour", 40), ("key", 100), ("minute", 30)];
    host.table.transact(vec![set("rate/a", numbers, &[])], op()).await.unwrap();
    for (minute, free) in [("m1", 30), ("m2", 10), ("m3", 0)] {
        let take = async |n: i64| {
            // Every other one comes with a key that has ended.
            let taken = host.table.take(&key("rate/a"), &claim(minute, n % 2 * 99 + 1)).await.unwrap();
            (taken.is_taken && n % 2 == 0).then(|| taken.counters[minute])
        };
        host.table.transact(vec![set("rate/a", [("key", 50)], &[])], op()).await.unwrap();
        let mut seen: Vec<i64> = join_all((0..64).map(take)).await.into_iter().flatten().collect();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(1..=free), "each taker sees its own total");
    }
    let row = host.table.get(&key("rate/a")).await.unwrap().unwrap();
    assert_eq!((row.counters["h1"], row.counters["m1"], row.counters["m2"]), (40, 30, 10));
}

pub async fn sets_numbers_with_the_rest_of_a_transaction(host: &Host) {
    fill(host, "a", "one").await;
    let make =
        vec![Write::Put(put("a", "two", Expect::Version(1))), set("rate/a", [("hour", 3), ("old", 1)], &[])];
    let token = op();
    host.table.transact(make.clone(), token).await.unwrap();
    host.table.add(key("rate/a"), &[("h1", 2)], &[], None).await.unwrap();
    host.table.transact(make, token).await.unwrap();
    let row = async |sort: &str| {
        host.table.get(&key(sort)).await.unwrap().map(|row| (row.version, row.body, row.counters))
    };
    let of = |counters| Some((1, String::new(), counters));
    assert_eq!(
        row("rate/a").await,
        of(counters([("h1", 2), ("hour", 3), ("old", 1)])),
        "once, and the rest stays"
    );
    let late = || vec![set("rate/a", [("hour", 9)], &["old"]), Write::Put(put("a", "x", Expect::Version(1)))];
    is_conflict(host.table.transact(late(), op()).await);
    let change =
        vec![set("rate/a", [("hour", 5)], &["old", "never"]), Write::Put(put("a", "x", Expect::Version(2)))];
    host.table.transact(change, op()).await.unwrap();
    assert_eq!(row("rate/a").await, of(counters([("h1", 2), ("hour", 5)])));
    host.table.transact(vec![Write::Delete { key: key("rate/a"), version: 1 }], op()).await.unwrap();
    assert_eq!(row("rate/a").await, None);

    host.table.transact(vec![set("a", [("hour", 1)], &[])], op()).await.unwrap();
    assert_eq!(row("a").await, Some((3, "x".to_owned(), counters([("hour", 1)]))), "whatever its version");
    let soon = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    host.table.put(Put { expires: soon, ..put("brief", "one", Expect::Absent) }, op()).await.unwrap();
    let on_brief =
        || vec![Write::Set { key: key("brief"), set: counters([("hour", 1)]), drop: BTreeSet::new() }];
    is_conflict(host.table.transact(on_brief(), op()).await);
    host.clock.advance(SignedDuration::from_secs(10));
    host.table.transact(on_brief(), op()).await.unwrap();
    assert_eq!(row("brief").await, of(counters([("hour", 1)])), "nothing is left of what expired");
    host.clock.advance(SignedDuration::from_secs(10));
    assert!(row("brief").await.is_some(), "and it lasts");
}
