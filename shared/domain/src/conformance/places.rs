//! What every table does with places: rows that are found under further sort keys.

use super::table::{Host, is_conflict, key, put, walk};
use super::{op, owner};
use crate::Error;
use crate::clock::Clock;
use crate::table::{
    Expect, Expiry, MOST_BYTES, MOST_PLACE_BYTES, Places, Put, Query, Record, RowKey, Slot, Write,
};
use jiff::SignedDuration;
use std::collections::BTreeMap;

fn placed(sort: &str, expect: Expect, places: &[(Slot, &str)]) -> Put {
    let places = places.iter().map(|(slot, place)| (*slot, (*place).to_owned())).collect();
    Put { places, ..put(sort, "x", expect) }
}

async fn fill(host: &Host, sort: &str, places: &[(Slot, &str)]) {
    host.table.put(placed(sort, Expect::Absent, places), op()).await.unwrap();
}

/// The sort keys of what lies at places that begin so.
async fn at(host: &Host, slot: Slot, prefix: &str) -> Vec<String> {
    walk(host, Query::places(owner(1), slot, prefix), 2).await
}

pub async fn finds_rows_by_their_places(host: &Host) {
    fill(host, "t/1", &[(Slot::First, "due/3/1"), (Slot::Fourth, "goal/b/1")]).await;
    fill(host, "t/2", &[(Slot::First, "due/1/2")]).await;
    fill(host, "t/3", &[(Slot::First, "due/2/3"), (Slot::Fourth, "goal/a/3")]).await;
    fill(host, "t/4", &[(Slot::Second, "due/0/4")]).await;
    fill(host, "t/5", &[]).await;
    fill(host, "t/6", &[(Slot::First, "due/ü/6"), (Slot::Third, "due/\u{ffff}/6")]).await;
    let other = Put::new(RowKey::new(owner(2), "t/7"), "x", Expect::Absent);
    let places = Places::from([(Slot::First, "due/2/7".to_owned())]);
    host.table.put(Put { places: places.clone(), ..other }, op()).await.unwrap();

    assert_eq!(at(host, Slot::First, "due/").await, ["t/2", "t/3", "t/1", "t/6"]);
    assert_eq!(at(host, Slot::Fourth, "goal/").await, ["t/3", "t/1"]);
    assert_eq!(at(host, Slot::Fourth, "goal/b/").await, ["t/1"]);
    assert_eq!(at(host, Slot::Second, "").await, ["t/4"]);
    assert_eq!(at(host, Slot::Third, "due/").await, ["t/6"]);
    let backwards = Query::places(owner(1), Slot::First, "due/").newest_first();
    assert_eq!(walk(host, backwards, 3).await, ["t/6", "t/1", "t/3", "t/2"]);
    let until =
        Query { range: "due/1/2".into().."due/3/1".into(), ..Query::places(owner(1), Slot::First, "") };
    assert_eq!(walk(host, until, 1).await, ["t/2", "t/3"], "the end is not in it");
    assert_eq!(walk(host, Query::prefix(owner(1), "t/"), 4).await.len(), 6);

    let found = host.table.query(&Query::places(owner(2), Slot::First, "due/")).await.unwrap().rows;
    let read = host.table.get(&RowKey::new(owner(2), "t/7")).await.unwrap().unwrap();
    assert_eq!((found, &read.places, read.body.as_str()), (vec![read.clone()], &places, "x"));
}

pub async fn places_go_with_their_row(host: &Host) {
    fill(host, "data/1", &[(Slot::First, "a/1"), (Slot::Second, "b/1")]).await;
    let moved = placed("data/1", Expect::Version(1), &[(Slot::First, "c/1"), (Slot::Third, "b/1")]);
    host.table.put(moved, op()).await.unwrap();
    assert_eq!(at(host, Slot::First, "").await, ["data/1"]);
    assert_eq!(at(host, Slot::First, "a/").await, [""; 0]);
    assert_eq!(at(host, Slot::Second, "").await, [""; 0]);
    assert_eq!(at(host, Slot::Third, "b/").await, ["data/1"]);

    assert_eq!(at(host, Slot::First, "c/").await, ["data/1"]);
    host.table.delete(key("data/1"), 2, op()).await.unwrap();
    assert_eq!(at(host, Slot::First, "").await, [""; 0]);
    let logged = host.log.changes(None, 100).await.unwrap();
    let told: Vec<_> = logged.iter().map(|it| (it.before.is_some(), it.after.is_some())).collect();
    assert_eq!(told, [(false, true), (true, true), (true, false)], "one change for each write");

    fill(host, "act/1", &[(Slot::First, "a/1")]).await;
    host.table.add(key("act/1"), &[("seen", 1)], &[], None).await.unwrap();
    assert_eq!(at(host, Slot::First, "a/").await, ["act/1"], "counting leaves it where it is");
    let record = Record { key: key("act/1"), body: "recorded".to_owned(), expires: None };
    host.table.record(vec![record]).await.unwrap();
    assert_eq!(at(host, Slot::First, "").await, [""; 0], "a record has none");

    let expires = Some(Expiry::at(host.clock.now() + SignedDuration::from_secs(10)));
    for sort in ["t/1", "t/2", "t/3"] {
        let expires = expires.filter(|_| sort != "t/2");
        let row = Put { expires, ..placed(sort, Expect::Absent, &[(Slot::Fourth, sort)]) };
        host.table.put(row, op()).await.unwrap();
    }
    assert_eq!(at(host, Slot::Fourth, "t/").await, ["t/1", "t/2", "t/3"]);
    host.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(at(host, Slot::Fourth, "t/").await, ["t/2"]);
    host.table.put(put("t/1", "again", Expect::Absent), op()).await.unwrap();
    assert_eq!(at(host, Slot::Fourth, "t/").await, ["t/2"]);
}

pub async fn places_move_whole_or_not_at_all(host: &Host) {
    fill(host, "t/1", &[(Slot::First, "open/1")]).await;
    fill(host, "t/2", &[(Slot::First, "open/2")]).await;
    let close = |version| placed("t/1", Expect::Version(version), &[(Slot::First, "done/1")]);
    is_conflict(host.table.put(close(2), op()).await);
    let failing = vec![Write::Put(close(1)), Write::Delete { key: key("t/2"), version: 7 }];
    is_conflict(host.table.transact(failing, op()).await);
    assert_eq!(at(host, Slot::First, "").await, ["t/1", "t/2"]);
    assert_eq!(at(host, Slot::First, "done/").await, [""; 0]);
    let writes = vec![
        Write::Put(close(1)),
        Write::Delete { key: key("t/2"), version: 1 },
        Write::Put(placed("t/3", Expect::Absent, &[(Slot::First, "open/3"), (Slot::Second, "new/3")])),
    ];
    host.table.transact(writes, op()).await.unwrap();
    assert_eq!(at(host, Slot::First, "").await, ["t/1", "t/3"]);
    assert_eq!(at(host, Slot::First, "open/").await, ["t/3"]);
    assert_eq!(at(host, Slot::Second, "new/").await, ["t/3"]);
}

/// What stays where it is is seen once, whatever happens to the rows around it.
pub async fn pages_stay_right_while_rows_move(host: &Host) {
    for sort in ["1", "2", "3", "4", "5", "6"] {
        fill(host, sort, &[(Slot::First, sort)]).await;
    }
    for (newest_first, seen) in [(false, ["1", "2"]), (true, ["6", "5"])] {
        let query = Query { newest_first, ..Query::places(owner(1), Slot::First, "") };
        let first = host.table.query(&query.clone().page(None, 2)).await.unwrap();
        assert!(first.rows.iter().map(|row| row.key.sort.as_str()).eq(seen));
        let [before, last] = seen;
        host.table.delete(key(before), 1, op()).await.unwrap();
        let gone = placed(last, Expect::Version(1), &[(Slot::Second, "elsewhere")]);
        host.table.put(gone, op()).await.unwrap();
        let rest = host.table.query(&query.page(first.next, 100)).await.unwrap().rows;
        let rest: Vec<_> = rest.into_iter().map(|row| row.key.sort).collect();
        assert_eq!(rest, if newest_first { vec!["4", "3"] } else { vec!["3", "4", "5", "6"] });
    }
}

pub async fn rows_may_share_a_place(host: &Host) {
    let sorts: Vec<_> = (0..7).map(|n| format!("t/{n}")).collect();
    for sort in &sorts {
        fill(host, sort, &[(Slot::Third, "same")]).await;
    }
    for limit in [1, 3, 7] {
        for newest_first in [false, true] {
            let query = Query { newest_first, ..Query::places(owner(1), Slot::Third, "same") };
            let mut seen = walk(host, query, limit).await;
            seen.sort();
            assert_eq!(seen, sorts);
        }
    }
}

pub async fn a_page_by_places_may_start_anywhere(host: &Host) {
    for sort in ["a", "b", "c", "d"] {
        fill(host, sort, &[(Slot::Second, sort)]).await;
    }
    let middle = || Query { range: "b".into().."d".into(), ..Query::places(owner(1), Slot::Second, "") };
    let sorts = async |query: Query, after: &str| -> String {
        let page = host.table.query(&query.page(Some(format!("{after}\0{after}")), 10)).await.unwrap();
        page.rows.into_iter().map(|row| row.key.sort).collect()
    };
    for (after, oldest, newest) in
        [("a", "bc", ""), ("b", "c", ""), ("bb", "c", "b"), ("c", "", "b"), ("d", "", "cb"), ("z", "", "cb")]
    {
        assert_eq!(sorts(middle(), after).await, oldest, "behind {after}");
        assert_eq!(sorts(middle().newest_first(), after).await, newest, "before {after}");
    }
    let other_order = host.table.query(&middle().page(Some("b".to_owned()), 10)).await;
    assert!(matches!(other_order, Err(Error::Internal(_))), "{other_order:?}");
    let nothing = Query { range: "d".into().."b".into(), ..middle() };
    assert_eq!(host.table.query(&nothing).await.unwrap().rows, []);
}

pub async fn refuses_what_cannot_be_a_place(host: &Host) {
    let (most, too_long) = ("ü".repeat(MOST_PLACE_BYTES / 2), "x".repeat(MOST_PLACE_BYTES + 1));
    for place in ["", "a\0b", &too_long] {
        let row = || placed("a", Expect::Absent, &[(Slot::Second, place)]);
        for refused in [
            host.table.put(row(), op()).await.map(|_| ()),
            host.table.transact(vec![Write::Put(row())], op()).await,
        ] {
            let right = match refused {
                Err(Error::TooLarge { most, .. }) => place.len() > most,
                Err(Error::Internal(_)) => place.len() <= MOST_PLACE_BYTES,
                _ => false,
            };
            assert!(right, "{refused:?}");
        }
    }
    fill(host, "a", &[(Slot::Second, &most)]).await;
    assert_eq!(at(host, Slot::Second, &most).await, ["a"]);

    let heavy = |places: &[(Slot, &str)]| {
        let body = "x".repeat(MOST_BYTES / 3 - 1024);
        Put { body, ..placed("heavy", Expect::Absent, places) }
    };
    let three = host.table.put(heavy(&Slot::ALL.map(|slot| (slot, "p"))[..3]), op()).await;
    assert!(matches!(three, Err(Error::TooLarge { .. })), "a row weighs as much at each of its places");
    host.table.put(heavy(&[(Slot::First, "p"), (Slot::Second, "p")]), op()).await.unwrap();
}

/// The same numbers in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn places(&mut self, sort: &str) -> Places {
        let mut places = Places::new();
        for slot in Slot::ALL {
            match self.roll(6) {
                0..3 => {}
                at => drop(places.insert(slot, format!("{}/{at}/{sort}", ["p", "pü"][at as usize % 2]))),
            }
        }
        places
    }

    /// Any order, range, direction and size of a page.
    fn query(&mut self) -> (Query, usize) {
        let by = Slot::ALL.get(self.roll(5) as usize).copied();
        let prefix = ["", "p", "p/", "p/3", "pü/4/t/1", "t/", "q"][self.roll(7) as usize];
        let mut query = Query { by, newest_first: self.roll(2) == 0, ..Query::prefix(owner(1), prefix) };
        if self.roll(3) == 0 {
            query.range.end = ["p/4/", "pü", "t/5", "zz"][self.roll(4) as usize].to_owned();
        }
        (query, 1 + self.roll(5) as usize)
    }
}

type Model = BTreeMap<String, (u64, Places)>;

fn expected(model: &Model, query: &Query) -> Vec<String> {
    let of = |(sort, (_, places)): (&String, &(u64, Places))| {
        let at = query.by.map_or(Some(sort), |by| places.get(&by))?;
        query.range.contains(at).then(|| (at.clone(), sort.clone()))
    };
    let mut found: Vec<_> = model.iter().filter_map(of).collect();
    found.sort();
    if query.newest_first {
        found.reverse();
    }
    found.into_iter().map(|(_, sort)| sort).collect()
}

/// What one write makes of the row, in the model and for the table.
fn write(dice: &mut Dice, model: &mut Model, number: u64) -> Write {
    let sort = format!("t/{number}");
    let version = model.get(&sort).map(|(version, _)| *version);
    if let Some(version) = version.filter(|_| dice.roll(3) == 0) {
        model.remove(&sort);
        return Write::Delete { key: key(&sort), version };
    }
    let expect = version.map_or(Expect::Absent, Expect::Version);
    let places = dice.places(&sort);
    model.insert(sort.clone(), (expect.next(), places.clone()));
    Write::Put(Put { places, ..put(&sort, "x", expect) })
}

pub async fn random_writes_are_found_like_in_a_model(host: &Host) {
    let (mut dice, mut model) = (Dice(1), Model::new());
    for turn in 0..200 {
        let number = dice.roll(10);
        match write(&mut dice, &mut model, number) {
            Write::Put(put) if dice.roll(2) == 0 => drop(host.table.put(put, op()).await.unwrap()),
            one => {
                let other = write(&mut dice, &mut model, (number + 1) % 10);
                host.table.transact(vec![one, other], op()).await.unwrap();
            }
        }
        let (query, limit) = dice.query();
        let found = walk(host, query.clone(), limit).await;
        assert_eq!(found, expected(&model, &query), "turn {turn}, pages of {limit}, {query:?}");
    }
}
