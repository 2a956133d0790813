//! What a call costs: sequential trips to the store, counted at the port. Each trip takes one second of a clock that
//! stands still otherwise, so the time that a call takes is the number of trips that it waits for.

use crate::harness::House;
use crate::hooked::{Hook, Hooked};
use crate::oauth::flow::{let_in, register};
use async_trait::async_trait;
use domain::Result;
use domain::outcome::Consumer as _;
use domain::table::ChangeLog as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

struct Slow {
    calls: Arc<AtomicU64>,
}

#[async_trait]
impl Hook for Slow {
    async fn before(&self) -> Result<()> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_secs(1)).await;
        Ok(())
    }
}

struct Cost {
    sequential: u64,
    calls: u64,
}

struct Meter {
    house: House,
    calls: Arc<AtomicU64>,
}

impl Meter {
    fn new() -> Self {
        let calls = Arc::new(AtomicU64::new(0));
        let house = House::on(|inner| Arc::new(Hooked { inner, hook: Slow { calls: Arc::clone(&calls) } }));
        Self { house, calls }
    }

    async fn cost(&self, method: &str, path: &str, key: &str, body: Option<Value>, status: u16) -> Cost {
        let (began, before) = (Instant::now(), self.calls.load(Ordering::SeqCst));
        let answer = self.house.call(method, path, key, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.body);
        let calls = self.calls.load(Ordering::SeqCst) - before;
        Cost { sequential: began.elapsed().as_secs(), calls }
    }
}

fn tool(name: &str, arguments: Value) -> Option<Value> {
    let params = json!({ "name": name, "arguments": arguments });
    Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }))
}

#[tokio::test(start_paused = true)]
async fn a_read_waits_for_one_trip_a_write_for_two_a_forged_key_for_none() {
    let meter = Meter::new();
    let key = meter.house.api("full_access").await;
    let id = meter.house.task(&key, "Milk").await;
    let one = format!("/v1/tasks/{id}");
    let (history, back) = (format!("{one}/history"), format!("{one}/restore"));
    let (complete, reopen) = (format!("{one}/complete"), format!("{one}/reopen"));
    let make = |path, body| meter.house.call("POST", path, &key, Some(body));
    let goal = make("/v1/goals", json!({ "title": "Run" })).await.text("/id");
    let area = make("/v1/life-areas", json!({ "name": "Health" })).await.text("/id");
    let plan = json!({ "suggested_tasks": [
        { "ref": "a", "title": "Buy shoes", "due_offset_days": 3 },
        { "ref": "b", "title": "Run", "depends_on": ["a"] },
    ] });
    let planned = make("/v1/goals", json!({ "title": "Race" })).await.text("/id");
    let (decompose, apply) = (json!({ "goal_id": planned }), json!({ "goal_id": planned, "plan": plan }));
    let (goal, area) = (format!("/v1/goals/{goal}"), format!("/v1/life-areas/{area}"));
    let (goal_history, area_history) = (format!("{goal}/history"), format!("{area}/history"));
    let (goal_complete, goal_reopen) = (format!("{goal}/complete"), format!("{goal}/reopen"));
    let area_archive = format!("{area}/archive");
    let (goal_back, area_back) = (format!("{goal}/restore"), format!("{area}/restore"));
    let memory = make("/v1/memories", json!({ "content": "Anna is allergic to nuts" })).await.text("/id");
    let memory = format!("/v1/memories/{memory}");
    let (memory_history, memory_back) = (format!("{memory}/history"), format!("{memory}/restore"));
    let unknown = format!("/v1/approvals/appr_{}", "0".repeat(26));
    let films = json!({ "name": "films", "indexed_fields": ["a"] });
    let films_again = films.clone();
    assert_eq!(meter.house.call("POST", "/v1/collections", &key, Some(films)).await.status, 201);
    let (data, films) = (json!({ "data": { "a": 1 } }), "/v1/collections/films/records");
    let record = meter.house.call("POST", films, &key, Some(data.clone())).await.text("/id");
    let film = format!("{films}/{record}");
    let (film_history, film_back) = (format!("{film}/history"), format!("{film}/restore"));
    let goal_of_daily = make("/v1/goals", json!({ "title": "Swim" })).await.text("/id");
    let daily =
        json!({ "title": "Swim", "due": "2027-01-15", "recurrence": "FREQ=DAILY", "goal_id": goal_of_daily });
    let daily = format!("/v1/tasks/{}", make("/v1/tasks", daily).await.text("/id"));
    let links = json!([{ "kind": "record", "id": record }]);
    let films_batch = format!("{films}/batch");
    let (title, patch) = (json!({ "title": "Bread" }), json!({ "title": "Butter" }));
    let calls = [
        ("GET", "/v1/tasks", None, 200, 1, 3),
        ("GET", "/v1/tasks?status=pending&label=x&query=milk", None, 200, 1, 3),
        ("GET", "/v1/tasks?due_before=2027-01-20&time_zone=UTC", None, 200, 1, 3),
        // The owner's clocks are read beside the list.
        ("GET", "/v1/tasks?due_before=2027-01-20", None, 200, 1, 4),
        // One range for each of three statuses, side by side.
        ("GET", "/v1/tasks?status=open", None, 200, 1, 5),
        ("GET", one.as_str(), None, 200, 1, 3),
        ("GET", "/v1/changes?since=now", None, 200, 1, 3),
        ("GET", "/v1/changes", None, 200, 1, 3),
        ("GET", history.as_str(), None, 200, 1, 4),
        ("POST", "/v1/tasks", Some(title.clone()), 201, 2, 3),
        ("PATCH", one.as_str(), Some(patch.clone()), 200, 2, 4),
        ("GET", "/openapi/own.json", None, 200, 1, 2),
        // Its goal and the owner's clocks are read beside one another.
        ("PATCH", daily.as_str(), Some(json!({ "status": "completed" })), 200, 3, 6),
        // Each kind by itself, side by side.
        ("GET", "/v1/stats", None, 200, 1, 8),
        ("POST", "/v1/tasks/batch", Some(json!({ "items": [title, title] })), 200, 4, 5),
        ("PUT", one.as_str(), Some(title.clone()), 200, 2, 4),
        // What is left of one that had this id is looked for.
        ("PUT", "/v1/tasks/task_06hhgq2g000000000000000000", Some(title.clone()), 201, 3, 6),
        ("POST", complete.as_str(), None, 200, 2, 4),
        ("POST", reopen.as_str(), None, 200, 2, 4),
        ("GET", "/v1/progress?period=1y", None, 200, 1, 4),
        // What is due, in progress, done, and goals.
        ("GET", "/v1/daily/2027-01-15", None, 200, 1, 7),
        ("GET", "/v1/daily/2027-01-15?time_zone=UTC", None, 200, 1, 6),
        ("GET", "/v1/calendar.ics", None, 200, 1, 5),
        ("POST", "/v1/calendars", None, 200, 1, 2),
        ("GET", unknown.as_str(), None, 404, 1, 3),
        ("POST", "/mcp", tool("list_tasks", json!({})), 200, 1, 3),
        ("POST", "/mcp", tool("list_tasks", json!({ "overdue": true })), 200, 1, 4),
        ("POST", "/mcp/", tool("list_tasks", json!({})), 200, 1, 3),
        ("POST", "/mcp", tool("get_task", json!({ "id": id })), 200, 1, 3),
        ("POST", "/mcp", tool("create_task", title.clone()), 200, 2, 3),
        ("POST", "/mcp", tool("update_task", json!({ "id": id, "title": "Tea" })), 200, 2, 4),
        ("POST", "/mcp", Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })), 200, 1, 2),
        ("POST", "/mcp", Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/list" })), 200, 1, 2),
        ("POST", "/mcp", tool("query_user_stats", json!({})), 200, 1, 8),
        // Its parts, and what waits for it, are looked up, and again when it is gone.
        ("DELETE", one.as_str(), None, 204, 4, 8),
        ("POST", back.as_str(), None, 200, 2, 4),
        ("GET", "/v1/trash", None, 200, 1, 3),
        ("GET", "/v1/trash?noun=task", None, 200, 1, 3),
        ("GET", "/v1/goals", None, 200, 1, 3),
        ("GET", "/v1/goals?status=active", None, 200, 1, 3),
        ("GET", goal.as_str(), None, 200, 1, 3),
        ("GET", goal_history.as_str(), None, 200, 1, 4),
        ("POST", "/v1/goals", Some(json!({ "title": "Swim" })), 201, 2, 3),
        ("PATCH", goal.as_str(), Some(patch.clone()), 200, 2, 4),
        ("POST", "/v1/goals/batch", Some(json!({ "items": [title] })), 200, 2, 3),
        ("PUT", goal.as_str(), Some(title.clone()), 200, 2, 4),
        // The owner's clocks are read beside the goal.
        ("POST", "/v1/goals/decompose", Some(decompose), 200, 1, 4),
        ("POST", "/v1/goals/apply-plan", Some(apply.clone()), 201, 2, 5),
        ("POST", "/mcp", tool("apply_goal_plan", apply), 200, 2, 5),
        ("POST", goal_complete.as_str(), None, 200, 2, 4),
        ("POST", goal_reopen.as_str(), None, 200, 2, 4),
        ("GET", "/v1/life-areas", None, 200, 1, 3),
        ("PUT", area.as_str(), Some(json!({ "name": "Health", "weight": 1 })), 200, 2, 4),
        ("POST", area_archive.as_str(), None, 200, 2, 4),
        ("GET", area.as_str(), None, 200, 1, 3),
        ("GET", area_history.as_str(), None, 200, 1, 4),
        // What has to be looked up, because it was not known what to look for.
        ("DELETE", goal.as_str(), None, 204, 4, 8),
        // Whatever counts for it.
        ("POST", goal_back.as_str(), None, 200, 3, 5),
        ("POST", "/v1/life-areas", Some(json!({ "name": "Work" })), 201, 3, 4),
        ("POST", "/v1/life-areas/batch", Some(json!({ "items": [{ "name": "Play" }] })), 200, 3, 4),
        ("PATCH", area.as_str(), Some(json!({ "name": "Body" })), 200, 3, 5),
        ("DELETE", area.as_str(), None, 204, 4, 12),
        ("POST", area_back.as_str(), None, 200, 3, 5),
        ("GET", "/v1/profile", None, 200, 1, 3),
        // Nobody has made it yet: what is left of one is looked for first.
        ("PATCH", "/v1/profile", Some(json!({ "about": "Me" })), 200, 3, 6),
        ("PATCH", "/v1/profile", Some(json!({ "about": "I" })), 200, 2, 4),
        ("GET", "/v1/profile/history", None, 200, 1, 4),
        ("GET", "/profile", None, 200, 1, 3),
        ("PATCH", "/profile", Some(json!({ "about": "Myself" })), 200, 2, 4),
        ("PATCH", "/v1/preferences", Some(json!({ "tone": "coach" })), 200, 3, 6),
        ("PATCH", "/v1/preferences", Some(json!({ "tone": "minimal" })), 200, 2, 4),
        ("GET", "/v1/preferences", None, 200, 1, 3),
        ("GET", "/v1/preferences/history", None, 200, 1, 4),
        ("GET", "/preferences", None, 200, 1, 3),
        ("PATCH", "/preferences", Some(json!({ "tone": "coach" })), 200, 2, 4),
        ("POST", "/mcp", tool("get_profile", json!({})), 200, 1, 3),
        ("POST", "/mcp", tool("update_profile", json!({ "about": "Still me" })), 200, 2, 4),
        ("GET", "/data", None, 200, 1, 3),
        ("GET", "/v1/memories", None, 200, 1, 3),
        ("GET", memory.as_str(), None, 200, 1, 3),
        ("GET", memory_history.as_str(), None, 200, 1, 4),
        ("PUT", memory.as_str(), Some(json!({ "content": "Anna is allergic to nuts and dust" })), 200, 2, 4),
        ("POST", "/v1/memories/batch", Some(json!({ "items": [{ "content": "Cy likes jam" }] })), 200, 3, 4),
        // Whether it is there already is asked meanwhile.
        ("POST", "/v1/memories", Some(json!({ "content": "Bo likes tea" })), 201, 2, 4),
        ("POST", "/v1/memories", Some(json!({ "content": "Bo likes tea" })), 200, 1, 3),
        ("POST", "/v1/memories", Some(json!({ "content": "Dune", "links": links })), 201, 3, 5),
        // What was written since the last search is read again, all parts in one trip; what was found is looked at itself.
        ("POST", "/v1/memories/search", Some(json!({ "query": "nuts" })), 200, 3, 12),
        ("POST", "/v1/memories/search", Some(json!({ "query": "nuts" })), 200, 2, 4),
        ("POST", "/v1/memories/search", Some(json!({ "query": "zorgblatt" })), 200, 1, 3),
        ("POST", "/mcp", tool("search_memory", json!({ "query": "nuts" })), 200, 2, 4),
        ("PATCH", memory.as_str(), Some(json!({ "importance": 1 })), 200, 2, 4),
        ("DELETE", memory.as_str(), None, 204, 2, 4),
        ("POST", memory_back.as_str(), None, 200, 2, 4),
        // It is there before its first part is read, and then that is written.
        ("POST", "/v1/backups", Some(json!({ "include": ["tasks"] })), 200, 5, 6),
        ("GET", "/v1/collections", None, 200, 1, 3),
        // What is left of one of that name is looked for first.
        ("POST", "/v1/collections", Some(json!({ "name": "plays" })), 201, 3, 5),
        ("GET", "/v1/collections/films", None, 200, 1, 3),
        ("PATCH", "/v1/collections/films", Some(json!({ "title": "Films" })), 200, 2, 4),
        ("PUT", "/v1/collections/films", Some(films_again), 200, 2, 4),
        ("GET", "/v1/collections/films/history", None, 200, 1, 4),
        ("GET", films, None, 200, 1, 3),
        // Where they are found, their collection knows.
        ("GET", "/v1/collections/films/records?a=1", None, 200, 2, 4),
        // The collection says how its data looks.
        ("POST", films, Some(data.clone()), 201, 3, 4),
        ("POST", films_batch.as_str(), Some(json!({ "items": [data] })), 200, 3, 4),
        ("GET", film.as_str(), None, 200, 1, 3),
        ("PATCH", film.as_str(), Some(json!({ "data": {} })), 200, 3, 5),
        ("PUT", film.as_str(), Some(json!({ "data": { "b": 1 } })), 200, 3, 5),
        ("GET", film_history.as_str(), None, 200, 1, 4),
        ("DELETE", film.as_str(), None, 204, 2, 4),
        ("POST", film_back.as_str(), None, 200, 3, 5),
        ("DELETE", "/v1/collections/plays", None, 204, 4, 6),
        ("POST", "/v1/collections/plays/restore", None, 200, 2, 4),
    ];
    for route in local::routes().list().iter().filter(|route| route.access == web::Access::Connection) {
        let known = |(method, path, ..): &(&str, &str, _, _, _, _)| {
            let path = path.replace("2027-01-15", "{date}");
            let path = path.replace("/films/records", "/{collection}/records");
            let path = path.replace("/films", "/{id}").replace("/plays", "/{id}");
            let id = path.split('/').find(|part| part.contains('_'));
            let path = id.map_or_else(|| path.clone(), |id| path.replace(id, "{id}"));
            *method == route.method.as_str() && path.split('?').next() == Some(route.path)
        };
        assert!(calls.iter().any(known), "what does {} {} cost?", route.method, route.path);
    }
    for (method, path, body, status, sequential, calls) in calls {
        let cost = meter.cost(method, path, &key, body.clone(), status).await;
        let said = format!("{method} {path} {}", body.unwrap_or_default());
        assert_eq!((cost.sequential, cost.calls), (sequential, calls), "{said}");
        let mut forged = key.clone();
        forged.replace_range(88..89, if key.ends_with('0') { "4" } else { "0" });
        let cost = meter.cost(method, path, &forged, None, 401).await;
        assert_eq!((cost.sequential, cost.calls), (0, 0), "forged: {said}");
    }
    let (id, key) =
        meter.house.connect(json!({ "kind": "api", "name": "x", "limits": { "burst": 1 } })).await;
    for (status, sequential, calls) in [(200, 1, 3), (429, 1, 3)] {
        let cost = meter.cost("GET", "/v1/tasks", &key, None, status).await;
        assert_eq!((cost.sequential, cost.calls), (sequential, calls), "{status}");
    }
    meter.house.call("POST", &format!("/connections/{id}/revoke"), crate::harness::OWNER, None).await;
    let cost = meter.cost("GET", "/v1/tasks", &key, None, 401).await;
    assert_eq!((cost.sequential, cost.calls), (1, 3), "a refused call costs no more than one that is let in");
}

/// Each tool, with the key of a connection and with a token for one: the same trips, the same calls.
#[tokio::test(start_paused = true)]
async fn an_access_token_costs_what_a_key_costs_and_a_forged_one_nothing() {
    let meter = Meter::new();
    let (_, key) =
        meter.house.connect(json!({ "kind": "mcp", "name": "by key", "preset": "full_access" })).await;
    let token = let_in(&meter.house, &register(&meter.house).await).await.access;
    let list = Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    for body in [list, tool("list_tasks", json!({})), tool("create_task", json!({ "title": "Milk" }))] {
        let by_key = meter.cost("POST", "/mcp", &key, body.clone(), 200).await;
        let by_token = meter.cost("POST", "/mcp", &token, body.clone(), 200).await;
        assert_eq!((by_key.sequential, by_key.calls), (by_token.sequential, by_token.calls));
        let mut forged = token.clone();
        forged.replace_range(119..120, if token.ends_with('0') { "4" } else { "0" });
        let cost = meter.cost("POST", "/mcp", &forged, body, 401).await;
        assert_eq!((cost.sequential, cost.calls), (0, 0));
    }
    let cost = meter.cost("POST", "/mcp", &token, tool("list_tasks", json!({})), 200).await;
    assert_eq!((cost.sequential, cost.calls), (1, 3));
    // What it says of itself is looked at before the store is.
    let cost = meter.cost("GET", "/v1/tasks", &token, None, 401).await;
    assert_eq!((cost.sequential, cost.calls), (0, 0));
}

/// Following what changed waits for one more trip when something did.
#[tokio::test(start_paused = true)]
async fn changes_are_read_in_two_trips_and_kept_in_one() {
    let meter = Meter::new();
    let key = meter.house.api("full_access").await;
    meter.house.pump.drain().await.unwrap();
    for changes in [1, 40] {
        for _ in 0..changes {
            meter.house.task(&key, "Milk").await;
        }
        let before = meter.calls.load(Ordering::SeqCst);
        let told = meter.house.store.bookmark().unwrap();
        let batch = meter.house.store.changes(told.as_deref(), 100).await.unwrap();
        meter.house.pump.changes.begin(&batch).await.unwrap();
        for change in batch {
            meter.house.pump.changes.consume(change).await.unwrap();
        }
        let spent = meter.calls.load(Ordering::SeqCst) - before;
        assert_eq!(
            spent, 4,
            "kept, read, sealed, and whether there are other webhooks than before, for {changes}"
        );
        meter.house.pump.drain().await.unwrap();
    }
    let cost = meter.cost("GET", "/v1/changes", &key, None, 200).await;
    assert_eq!((cost.sequential, cost.calls), (2, 4));
}

/// Where webhooks park, what is for them is written, and looked after once for all.
#[tokio::test(start_paused = true)]
async fn what_is_parked_costs_a_row_and_no_message() {
    let meter = Meter::new();
    let house = &meter.house;
    let key = house.api("full_access").await;
    let mut hooks = Vec::new();
    for _ in 0..3 {
        hooks.push(crate::delivering::webhook(house, json!({})).await);
    }
    for hook in &hooks {
        crate::parking::set(house, *hook, "pause").await;
    }
    // The first is tried and parked, after which they are known for it.
    for title in ["Bread", "Known from here on"] {
        house.task(&key, title).await;
        house.pump.drain().await.unwrap();
    }
    house.task(&key, "Milk").await;
    let before = meter.calls.load(Ordering::SeqCst);
    assert!(crate::delivering::queued(house).await.is_empty());
    assert_eq!(meter.calls.load(Ordering::SeqCst) - before, 4 + 3 + 1, "as any change, three rows, one look");
    for hook in &hooks {
        crate::parking::set(house, *hook, "resume").await;
    }
    // The first is parked behind what is parked, until that is sent.
    for title in ["Butter", "Known from here on"] {
        house.task(&key, title).await;
        house.pump.drain().await.unwrap();
    }
    house.task(&key, "Cheese").await;
    let before = meter.calls.load(Ordering::SeqCst);
    assert_eq!(crate::delivering::queued(house).await.len(), 3);
    assert_eq!(meter.calls.load(Ordering::SeqCst) - before, 4, "as any change");
}

/// Who listens is known from the batch before, however many connections there are.
#[tokio::test(start_paused = true)]
async fn a_change_costs_as_much_beside_many_connections_and_its_delivery_one_trip_and_one_write() {
    let meter = Meter::new();
    let house = &meter.house;
    let key = house.api("full_access").await;
    let config = |events| json!({ "target_url": "https://receiver.example", "events": events });
    let hook = |events| json!({ "kind": "webhook", "name": "hook", "preset": "full_access", "config": config(events) });
    house.connect(hook(json!(["task.*"]))).await;
    for others in [0, 40] {
        for _ in 0..others {
            house.connect(hook(json!(["goal.*"]))).await;
        }
        house.task(&key, "Known from here on").await;
        house.pump.drain().await.unwrap();
        house.task(&key, "Milk").await;
        let before = meter.calls.load(Ordering::SeqCst);
        let messages = crate::delivering::queued(house).await;
        let told = meter.calls.load(Ordering::SeqCst);
        assert_eq!(told - before, 4, "beside {others} others");
        for message in messages {
            house.pump.deliver.consume(message).await.unwrap();
        }
        assert_eq!(
            meter.calls.load(Ordering::SeqCst) - told,
            2,
            "everything is read at once, and its row written"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn making_a_connection_waits_for_at_most_three_trips() {
    let meter = Meter::new();
    let config = json!({ "target_url": "https://receiver.example" });
    let webhook = json!({ "kind": "webhook", "name": "hook", "config": config });
    meter.house.connect(webhook.clone()).await;
    for input in [json!({ "kind": "mcp", "name": "x" }), webhook] {
        let cost = meter.cost("POST", "/connections", crate::harness::OWNER, Some(input.clone()), 201).await;
        assert!(cost.sequential <= 3, "{input}: {}", cost.sequential);
    }
}

#[tokio::test(start_paused = true)]
async fn connections_are_listed_in_as_many_trips_however_many_there_are() {
    use crate::harness::OWNER;
    let meter = Meter::new();
    let make = |name: &str| Some(json!({ "kind": "api", "name": name }));
    for name in ["one", "two", "three"] {
        meter.house.call("POST", "/connections", OWNER, make(name)).await;
    }
    let few = meter.cost("GET", "/connections?limit=2", OWNER, None, 200).await;
    for n in 0..200 {
        meter.house.call("POST", "/connections", OWNER, make(&format!("{n}"))).await;
    }
    let many = meter.cost("GET", "/connections?limit=2", OWNER, None, 200).await;
    assert_eq!((many.sequential, many.calls), (few.sequential, few.calls));
    assert!(few.sequential <= 3, "{}", few.sequential);
}

#[tokio::test(start_paused = true)]
async fn the_signing_keys_are_fetched_once_per_process() {
    let meter = Meter::new();
    let first = meter.cost("GET", "/v1/tasks", "lrd_forged", None, 401).await;
    assert_eq!(first.calls, 1, "nothing was ever made, so it looks");
    meter.house.api("read_only").await;
    let later = meter.cost("GET", "/v1/tasks", "lrd_forged", None, 401).await;
    assert_eq!(later.calls, 0);
}
