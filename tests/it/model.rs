//! Whatever is made, changed, deleted and brought back, lists, items and versions are as a plain list of it all says.

mod chosen;
mod plain;

use crate::conventions::with;
use crate::harness::{Answer, House};
use crate::lives::Random;
use jiff::SignedDuration;
use plain::Plain;
use serde_json::{Map, Value, json};

const NOUNS: [&str; 6] = ["task", "goal", "life_area", "memory", "collection", "record"];

struct Run {
    house: House,
    key: String,
    random: Random,
    plain: Plain,
    place: String,
}

type Fields = Map<String, Value>;

fn list_of(noun: &str) -> String {
    match noun {
        "life_area" => "/v1/life-areas".to_owned(),
        "memory" => "/v1/memories".to_owned(),
        _ => format!("/v1/{noun}s"),
    }
}

impl Run {
    async fn new(seed: u64) -> Self {
        let house = House::new();
        let limits = json!({ "burst": null, "per_hour": null, "per_day": null });
        let input = json!({ "kind": "api", "name": "x", "preset": "full_access", "limits": limits });
        let key = house.connect(input).await.1;
        let (random, plain) = (Random(seed), Plain::default());
        Self { house, key, random, plain, place: format!("seed {seed}") }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.house.call(method, path, &self.key, body).await
    }

    fn path(&self, id: &str) -> String {
        let item = self.plain.there.get(id).or_else(|| self.plain.gone.get(id)).unwrap();
        match item.says("collection") {
            Some(collection) => format!("/v1/collections/{collection}/records/{id}"),
            None => format!("{}/{id}", list_of(item.noun)),
        }
    }

    fn pick(&mut self, noun: &str) -> Option<String> {
        let of: Vec<_> = self.plain.there.iter().filter(|(_, item)| item.noun == noun).collect();
        self.random.one(&of).map(|(id, _)| (*id).clone())
    }

    async fn make(&mut self, noun: &'static str) {
        let collection = if noun == "record" { self.pick("collection") } else { None };
        let path = match &collection {
            Some(collection) => format!("/v1/collections/{collection}/records"),
            None => list_of(noun),
        };
        if noun == "record" && collection.is_none() {
            return;
        }
        let mut fields = self.new_fields(noun);
        let made = self.call("POST", &path, Some(json!(fields))).await;
        fields.extend(collection.map(|collection| ("collection".to_owned(), json!(collection))));
        match made.status.as_u16() {
            201 => {
                self.plain.write(noun, &made.text("/id"), &fields, false);
                self.is_at(&made, &made.text("/id"));
            }
            200 => assert_eq!(noun, "memory", "{}: it was there already", self.place),
            status => assert!([400, 409].contains(&status), "{}: {}", self.place, made.body),
        }
    }

    async fn change(&mut self, noun: &'static str) {
        let Some(id) = self.pick(noun) else { return self.make(noun).await };
        let is_patch = self.random.below(3) > 0;
        let (needed, more) = self.fields(noun);
        let mut fields = if is_patch { self.some_of(more) } else { self.new_fields(noun) };
        if is_patch && noun != "collection" {
            fields.extend(self.some_of(needed));
        } else if noun == "collection" && !is_patch {
            fields.insert("name".to_owned(), json!(id));
        }
        let method = if is_patch { "PATCH" } else { "PUT" };
        let version = self.plain.there[&id].version;
        let seen = if self.random.below(4) == 0 { version + 1 } else { version };
        let guard = format!("\"{seen}\"");
        let (path, sent) = (self.path(&id), Some(json!(fields)));
        let answer = with(&self.house, method, &path, &self.key, sent, &[("if-match", &guard)]).await;
        match answer.status.as_u16() {
            200 => {
                assert_eq!(seen, version, "{}: a stale write", self.place);
                let keeps =
                    ["collection", "found_by"].map(|name| (name, self.plain.there[&id].fields.get(name)));
                let keeps =
                    keeps.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
                fields.extend(keeps.collect::<Vec<_>>());
                self.plain.write(noun, &id, &fields, is_patch);
                self.is_at(&answer, &id);
            }
            412 => assert_ne!(seen, version, "{}", self.place),
            status => assert!([400, 409].contains(&status), "{}: {}", self.place, answer.body),
        }
    }

    async fn deed(&mut self) {
        let noun = ["task", "goal", "life_area"][self.random.below(3)];
        let Some(id) = self.pick(noun) else { return };
        let status = self.plain.there[&id].says("status").unwrap_or_default().to_owned();
        let is_open = !["completed", "cancelled", "abandoned"].contains(&status.as_str());
        let (deed, field, value) = match (noun, self.random.below(2)) {
            ("life_area", _) => ("archive", "is_archived", json!(true)),
            (_, 0) => ("complete", "status", json!("completed")),
            (_, _) if is_open => ("reopen", "status", json!(status)),
            ("task", _) => ("reopen", "status", json!("pending")),
            _ => ("reopen", "status", json!("active")),
        };
        let answer = self.call("POST", &format!("{}/{deed}", self.path(&id)), None).await;
        assert_eq!(answer.status, 200, "{}: {}", self.place, answer.body);
        self.plain.write(noun, &id, &Map::from_iter([(field.to_owned(), value)]), true);
        self.is_at(&answer, &id);
    }

    async fn delete(&mut self, noun: &str) {
        let Some(id) = self.pick(noun) else { return };
        let (along, path) = (noun == "goal" && self.random.below(3) == 0, self.path(&id));
        let query = if along { "?tasks=delete" } else { "" };
        let answer = self.call("DELETE", &format!("{path}{query}"), None).await;
        if answer.status == 409 {
            let is_full = self.plain.there.values().any(|item| item.says("collection") == Some(&id));
            return assert!(is_full, "{}: {}", self.place, answer.body);
        }
        assert_eq!(answer.status, 204, "{}: {}", self.place, answer.body);
        while let Some(task) =
            self.plain.there.iter().find(|(_, it)| along && it.says("goal_id") == Some(&id))
        {
            let task = task.0.clone();
            self.plain.delete(&task);
        }
        self.plain.delete(&id);
    }

    async fn restore(&mut self) {
        let gone: Vec<_> = self.plain.gone.keys().cloned().collect();
        let Some(id) = self.random.one(&gone) else { return };
        self.call("GET", &self.path(id), None).await.is_problem(404);
        let answer = self.call("POST", &format!("{}/restore", self.path(id)), None).await;
        match answer.status.as_u16() {
            200 => {
                self.plain.restore(id);
                self.is_at(&answer, id);
            }
            status => assert_eq!(status, 409, "{}: {}", self.place, answer.body),
        }
    }

    /// As the plain list has it, down to the version.
    fn is_at(&self, answer: &Answer, id: &str) {
        let etag = format!("\"{}\"", self.plain.there[id].version);
        assert_eq!(answer.headers["etag"], etag.as_str(), "{}: {}", self.place, answer.body);
        self.is(&answer.body, id);
    }

    fn is(&self, shown: &Value, id: &str) {
        let item = &self.plain.there[id];
        let clears =
            ["goal_id", "parent_id", "life_area_id", "due", "target_date", "estimated_minutes", "title"];
        for field in item.fields.keys().map(String::as_str).chain(clears) {
            assert_eq!(shown.get(field), item.fields.get(field), "{}: {field} of {shown}", self.place);
        }
        assert_eq!(shown["version"], item.version, "{}: {shown}", self.place);
    }

    /// All pages of a list hold what the plain list does, in its order.
    async fn look(&mut self, noun: &str) {
        let within = if noun == "record" { self.pick("collection") } else { None };
        let list = match &within {
            Some(collection) => format!("/v1/collections/{collection}/records"),
            None if noun == "record" => return,
            None => list_of(noun),
        };
        let (asked, limit) = (self.asked(noun), 2 + self.random.below(9));
        let narrowed: String =
            asked.iter().map(|(name, value)| format!("&{name}={}", value.replace(' ', "%20"))).collect();
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.call("GET", &format!("{list}?limit={limit}{narrowed}{cursor}"), None).await;
            assert_eq!(page.status, 200, "{}: {list}?{narrowed}: {}", self.place, page.body);
            let data = page.body["data"].as_array().unwrap();
            assert!(data.len() <= limit);
            found.extend(data.iter().cloned());
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let ids: Vec<_> = found.iter().map(|item| item["id"].as_str().unwrap()).collect();
        let wanted = self.plain.list(noun, within.as_deref(), &asked);
        assert_eq!(ids, wanted, "{}: {list}?{narrowed}", self.place);
        found.iter().for_each(|item| self.is(item, item["id"].as_str().unwrap()));
    }

    async fn step(&mut self) {
        self.house.clock.advance(SignedDuration::from_secs(1));
        let noun = NOUNS[self.random.below(NOUNS.len())];
        match self.random.below(14) {
            0..=4 => self.make(noun).await,
            5..=7 => self.change(noun).await,
            8 => self.deed().await,
            9 => self.delete(noun).await,
            10 => self.restore().await,
            _ => self.look(noun).await,
        }
    }
}

#[tokio::test]
async fn it_is_as_a_plain_list_says() {
    for seed in 0..40 {
        let mut run = Run::new(seed).await;
        for nth in 0..36 {
            run.place = format!("seed {seed}, step {nth}");
            run.step().await;
        }
        for noun in NOUNS.iter().cycle().take(8) {
            run.look(noun).await;
        }
        let ids: Vec<_> = run.plain.there.keys().cloned().collect();
        for id in ids {
            let got = run.call("GET", &run.path(&id), None).await;
            run.is_at(&got, &id);
        }
    }
}
