//! The whole road from a change to its receiver, while everything on it fails: nothing is lost, and what is sent twice
//! has the same id.

mod road;
mod weather;

use crate::delivering::{owner, pass, webhook};
use crate::harness::House;
use crate::hooked::Hooked;
use crate::parking::set;
use domain::clock::Clock as _;
use domain::conformance::op;
use domain::delivery::{Errand, Job, Origin, State};
use domain::id::{EventId, OwnerId, TaskId};
use domain::queue::{Message, Queue as _};
use domain::schema;
use domain::shelf::Trashed;
use domain::table::{Expect, Places, Put, RowChange, RowKey, Slot, Table as _, Write};
use road::Road;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use weather::{Stormy, Weather};

/// Unless `LARDER_EVENTS` says how many: the full suite takes 10,000.
const EVENTS: usize = 1_000;
/// What becomes of a task: it is made, changed three times, and deleted.
const LIVES: u64 = 5;
/// So many tasks are in one storm; each ends in a calm in which everything has to arrive that happened in it.
const TASKS: usize = 100;
const DAY: i64 = 24 * 3_600;

#[tokio::test]
async fn nothing_is_lost_on_a_road_on_which_everything_fails() {
    let seed = wanted("LARDER_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("LARDER_SEED={seed}");
    let storms = wanted("LARDER_EVENTS").map_or(EVENTS, |events| events as usize) / (TASKS * LIVES as usize);
    let began = Instant::now();
    let weather = Weather::new(seed);
    let stormy = Arc::clone(&weather);
    let house = House::on(move |inner| Arc::new(Hooked { inner, hook: Stormy(Arc::clone(&stormy)) }));
    let hook = webhook(&house, json!({ "events": ["task.*"], "payload": "thin" })).await;
    let key = house.api("full_access").await;
    let id = house.task(&key, "Pattern").await;
    let pattern = house.store.get(&RowKey::new(owner(), format!("data/task/{id}"))).await.unwrap().unwrap();
    let pattern: Value = serde_json::from_str(&pattern.body).unwrap();
    let mut road = Road::new(house, weather, hook);
    let mut expected = BTreeSet::from([(id, 1)]);
    road.poison_the_park().await;
    for storm in 0..storms {
        expected.extend(road.storm(storm, &pattern).await);
        road.calm(&expected).await;
    }
    let seen = road.weather.seen.lock().unwrap();
    let accepted: u64 = seen.accepted.values().flat_map(|ids| ids.values()).sum();
    println!(
        "{} events arrived {accepted} times; {} calls failed, {} processes were killed; {} s",
        seen.accepted.len(),
        road.weather.failed.load(Ordering::SeqCst),
        *road.weather.killed.borrow(),
        began.elapsed().as_secs(),
    );
    assert_eq!(seen.accepted.len(), expected.len());
    assert_eq!(seen.needless, Vec::<String>::new(), "what was written down as taken is not sent again");
    assert!(seen.accepted.values().all(|ids| ids.len() == 1), "one id for each event");
    let ids: BTreeSet<_> = seen.accepted.values().flat_map(|ids| ids.keys()).collect();
    assert_eq!(ids.len(), expected.len(), "and none for two");
    assert_eq!(
        road.house.store.dead_letters().unwrap(),
        2 * storms as u64,
        "what nobody can read, nothing else"
    );
}

fn wanted(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

impl Road {
    /// All that happens to some tasks, while everything else happens.
    async fn storm(&mut self, storm: usize, pattern: &Value) -> BTreeSet<(String, u64)> {
        self.poison(storm).await;
        let mut tasks: Vec<_> = (0..TASKS).map(|number| (self.task_id(storm * TASKS + number), 0)).collect();
        let mut happened = BTreeSet::new();
        self.weather.calm(false);
        while self.weather.dice.below(20) > 0 || happened.len() < TASKS * LIVES as usize {
            let mut writes = Vec::new();
            for (id, lives) in &mut tasks {
                if *lives < LIVES && self.weather.dice.one_in(6) {
                    *lives += 1;
                    writes.extend(self.happens(*id, *lives, pattern));
                    happened.insert((id.to_string(), *lives));
                }
            }
            self.house.store.transact(writes, op()).await.unwrap();
            self.changes_the_world().await;
            self.tell().await;
            self.sweep().await;
            self.hand_out().await;
            pass(&self.house, 1 + self.weather.dice.below(20) as i64);
        }
        happened
    }

    /// Whatever still waits has its time now, and nothing fails: all of it arrives.
    async fn calm(&mut self, expected: &BTreeSet<(String, u64)>) {
        self.weather.calm(true);
        let path = format!("/connections/{}", self.hook);
        let status = self.house.call("GET", &path, crate::harness::OWNER, None).await.body["status"].clone();
        if status != "active" {
            set(&self.house, self.hook, "resume").await;
            self.is_paused = false;
        }
        for _ in 0..24 * 5 {
            while self.tell().await > 0 {}
            self.sweep().await;
            while self.hand_out().await > 0 {}
            pass(&self.house, 3_600);
            if self.lost(expected).is_empty() && self.house.store.next_due(None).unwrap().is_none() {
                break;
            }
        }
        let lost = self.lost(expected);
        assert!(lost.is_empty(), "{} lost: {:?}", lost.len(), &lost[..lost.len().min(3)]);
    }

    fn lost(&self, expected: &BTreeSet<(String, u64)>) -> Vec<(String, u64)> {
        let seen = self.weather.seen.lock().unwrap();
        expected.iter().filter(|one| !seen.accepted.contains_key(*one)).cloned().collect()
    }

    fn task_id(&self, number: usize) -> TaskId {
        let [.., a, b, c, d] = number.to_be_bytes();
        TaskId::new(self.house.clock.now(), [9, 0, 0, 0, 0, 0, a, b, c, d])
    }

    fn happens(&self, id: TaskId, version: u64, pattern: &Value) -> Vec<Write> {
        let mut body = pattern.clone();
        let now = self.house.clock.now();
        body["id"] = json!(id);
        body["title"] = json!(format!("Version {version}"));
        body["version"] = json!(version);
        body["updated_at"] = json!(now);
        let key = schema::item(owner(), "task", &id);
        let put = |key: RowKey, body: String, expect| Write::Put(Put::new(key, body, expect));
        match version {
            1 => vec![put(key, body.to_string(), Expect::Absent)],
            LIVES => {
                body["version"] = json!(version - 1);
                let source = serde_json::from_value(body["source"].clone()).unwrap();
                let trashed =
                    serde_json::to_string(&Trashed { entity: body, deleted_at: now, source }).unwrap();
                let trash = put(schema::trash_of(&key), trashed, Expect::Gone(version - 1));
                vec![Write::Delete { key, version: version - 1 }, trash]
            }
            _ => vec![put(key, body.to_string(), Expect::Version(version - 1))],
        }
    }

    /// Clocks are set, the receiver goes and comes, its owner pauses and resumes.
    async fn changes_the_world(&mut self) {
        let dice = &self.weather.dice;
        if dice.one_in(12) {
            let by = [-DAY, DAY, -3_600, 3_600][dice.below(4) as usize];
            if (self.set_by + by).abs() <= 2 * DAY {
                self.set_by += by;
                pass(&self.house, by);
            }
        }
        if dice.one_in(20) {
            self.weather.is_down.fetch_xor(true, Ordering::SeqCst);
        }
        if dice.one_in(if self.is_paused { 8 } else { 40 }) {
            self.weather.calm(true);
            set(&self.house, self.hook, if self.is_paused { "resume" } else { "pause" }).await;
            self.is_paused = !self.is_paused;
            self.weather.calm(false);
        }
    }

    /// What nobody can read, what is nobody's, and rows that say nothing.
    async fn poison(&self, storm: usize) {
        let message = |body: String| Message { body, group: "poison".to_owned(), delay: Duration::ZERO };
        let strangers = OwnerId::of("test", "nobody");
        let key = schema::item(owner(), "task", &format!("poison-{storm}"));
        let from = RowChange {
            position: String::new(),
            key: key.clone(),
            before: None,
            after: Some(domain::table::Image { version: 1, body: String::new() }),
        };
        let (event, from) = (EventId::new(self.house.clock.now(), [7; 10]), Origin::of(&from).unwrap());
        let job = Job::Send { event, from, due: None, again: None };
        let strange = Errand { owner: strangers, connection: self.hook, job };
        let strange = strange.queued(Duration::ZERO).unwrap();
        let messages = vec![message("{".to_owned()), message(r#"{"v":"9"}"#.to_owned()), strange];
        self.house.store.send(messages).await.unwrap();
        self.house.store.put(Put::new(key, "{\"v\":9}", Expect::Absent), op()).await.unwrap();
    }

    async fn poison_the_park(&self) {
        let event = EventId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]);
        let place = schema::delivery_place(self.hook, State::Parked.name(), event);
        let places = Places::from([(Slot::First, place)]);
        let key = schema::delivery(owner(), self.hook, event);
        let put = Put { places, ..Put::new(key, "{", Expect::Absent) };
        self.house.store.put(put, op()).await.unwrap();
    }
}
