//! Lives at random: whatever connections may do to all that an owner keeps.

mod body;
mod sound;

pub(crate) use sound::is_sound;

use crate::harness::{House, OWNER};
use domain::clock::Clock as _;
use domain::id::OwnerId;
use domain::table::{Query, Row, Table as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    pub(crate) fn one<'o, T>(&mut self, of: &'o [T]) -> Option<&'o T> {
        if of.is_empty() { None } else { of.get(self.below(of.len())) }
    }
}

/// All that there is, by what it is: `task/<id>`.
pub(crate) type Data = BTreeMap<String, Value>;

pub(crate) struct Life {
    pub(crate) house: House,
    pub(crate) random: Random,
    /// Ids and keys of those that write.
    pub(crate) agents: [(String, String); 2],
    named: usize,
}

const NOUNS: [&str; 14] = [
    "task",
    "task",
    "task",
    "task",
    "goal",
    "goal",
    "goal",
    "life_area",
    "life_area",
    "memory",
    "collection",
    "record",
    "profile",
    "preferences",
];

impl Life {
    pub(crate) async fn new(seed: u64) -> Self {
        let house = House::new();
        let input = |name: &str| json!({ "kind": "api", "name": name, "preset": "full_access", "limits": { "burst": null } });
        let agents = [house.connect(input("wild")).await, house.connect(input("other")).await];
        Self { house, random: Random(seed), agents, named: 0 }
    }

    pub(crate) fn tick(&self) -> Timestamp {
        self.house.clock.advance(SignedDuration::from_secs(1));
        self.house.clock.now()
    }

    /// But for who wrote it when.
    pub(crate) async fn data(&self) -> Data {
        let mut all = rows(&self.house, "data/").await;
        for item in all.values_mut() {
            for stamp in ["version", "updated_at", "source"] {
                item.as_object_mut().unwrap().remove(stamp);
            }
        }
        all
    }

    /// One of them does something, which may be refused.
    pub(crate) async fn step(&mut self, by: usize) {
        self.tick();
        let data = self.data().await;
        let noun = NOUNS[self.random.below(NOUNS.len())];
        let (method, path, body) = match self.random.below(12) {
            0..=3 => self.make(noun, &data),
            4..=6 => self.change("PATCH", noun, &data),
            7 => self.change("PUT", noun, &data),
            8 => self.deed(noun, &data),
            9 => self.restore().await,
            _ => self.remove(noun, &data),
        };
        let answer = self.house.call(method, &path, &self.agents[by].1, body.clone()).await;
        assert!(answer.status.as_u16() < 500, "{method} {path} {body:?}: {}", answer.body);
    }

    fn make(&mut self, noun: &str, data: &Data) -> (&'static str, String, Option<Value>) {
        if ["profile", "preferences"].contains(&noun) {
            return self.change("PATCH", noun, data);
        }
        let Some(list) = self.list(noun, data) else { return self.make("collection", data) };
        match self.random.below(5) {
            0 if noun != "collection" => {
                let items = [self.body(noun, data, true), self.body(noun, data, true)];
                ("POST", format!("{list}/batch"), Some(json!({ "items": items })))
            }
            _ => ("POST", list, Some(self.body(noun, data, true))),
        }
    }

    fn change(
        &mut self,
        method: &'static str,
        noun: &str,
        data: &Data,
    ) -> (&'static str, String, Option<Value>) {
        let one = ["profile", "preferences"].contains(&noun);
        if one {
            return ("PATCH", format!("/v1/{noun}"), Some(self.body(noun, data, false)));
        }
        let Some(what) = self.pick(noun, data) else { return self.make(noun, data) };
        let body = self.body(noun, data, method == "PUT");
        let mut body = body.as_object().unwrap().clone();
        if noun == "collection" && method == "PUT" {
            body.insert("name".to_owned(), data[&what]["name"].clone());
        } else {
            body.retain(|field, _| noun != "collection" || field != "name");
        }
        (method, path(&what, &data[&what]), Some(Value::Object(body)))
    }

    fn deed(&mut self, noun: &str, data: &Data) -> (&'static str, String, Option<Value>) {
        let noun = if ["goal", "life_area"].contains(&noun) { noun } else { "task" };
        let Some(what) = self.pick(noun, data) else { return self.make(noun, data) };
        let deeds: &[&str] = if noun == "life_area" { &["archive"] } else { &["complete", "reopen"] };
        let deed = self.random.one(deeds).unwrap();
        ("POST", format!("{}/{deed}", path(&what, &data[&what])), None)
    }

    fn remove(&mut self, noun: &str, data: &Data) -> (&'static str, String, Option<Value>) {
        let Some(what) = self.pick(noun, data).filter(|_| !["profile", "preferences"].contains(&noun)) else {
            return self.make(noun, data);
        };
        let along = noun == "goal" && self.random.below(2) == 0;
        let query = if along { "?tasks=delete" } else { "" };
        ("DELETE", format!("{}{query}", path(&what, &data[&what])), None)
    }

    async fn restore(&mut self) -> (&'static str, String, Option<Value>) {
        let trash: Vec<_> = rows(&self.house, "trash/").await.into_iter().collect();
        let one = self.random.one(&trash).filter(|(what, _)| !what.starts_with("pr"));
        let Some((what, row)) = one else { return ("GET", "/v1/trash".to_owned(), None) };
        ("POST", format!("{}/restore", path(what, &row["entity"])), None)
    }

    fn list(&mut self, noun: &str, data: &Data) -> Option<String> {
        Some(match noun {
            "life_area" => "/v1/life-areas".to_owned(),
            "memory" => "/v1/memories".to_owned(),
            "record" => format!("/v1/collections/{}/records", self.pick_id("collection", data)?.as_str()?),
            _ => format!("/v1/{noun}s"),
        })
    }

    fn pick(&mut self, noun: &str, data: &Data) -> Option<String> {
        let of: Vec<_> = data.keys().filter(|what| noun_of(what) == noun).collect();
        self.random.one(&of).map(|what| (*what).clone())
    }

    fn pick_id(&mut self, noun: &str, data: &Data) -> Option<Value> {
        self.pick(noun, data).map(|what| json!(what.rsplit('/').next()))
    }

    /// What one of them wrote since then is taken back, as a dry run said before.
    pub(crate) async fn take_back(&self, of: usize, body: Value) -> Value {
        self.house.pump.drain().await.unwrap();
        self.tick();
        let path = format!("/connections/{}/undo", self.agents[of].0);
        let mut dry = body.clone();
        dry["dry_run"] = json!(true);
        let before = self.data().await;
        let dry = self.house.call("POST", &path, OWNER, Some(dry)).await;
        assert_eq!(self.data().await, before, "a dry run writes nothing");
        let done = self.house.call("POST", &path, OWNER, Some(body)).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(dry.body["data"], done.body["data"], "a dry run says what is done then");
        done.body
    }
}

/// All rows under keys that begin so, by the rest of these.
pub(crate) async fn rows(house: &House, kind: &str) -> Data {
    let all = Query::prefix(OwnerId::of("test", "one"), kind).page(None, 10_000);
    let rows = house.store.query(&all).await.unwrap().rows.into_iter();
    let row = |row: Row| {
        let what = row.key.sort.strip_prefix(kind).unwrap().to_owned();
        (what, serde_json::from_str(&row.body).unwrap_or_default())
    };
    rows.map(row).collect()
}

pub(crate) fn noun_of(what: &str) -> &str {
    what.split('/').next().unwrap()
}

fn path(what: &str, item: &Value) -> String {
    let (noun, id) = what.split_once('/').unwrap();
    match noun {
        "life_area" => format!("/v1/life-areas/{id}"),
        "memory" => format!("/v1/memories/{id}"),
        "record" => format!("/v1/collections/{}/records/{id}", item["collection"].as_str().unwrap()),
        _ => format!("/v1/{noun}s/{id}"),
    }
}
