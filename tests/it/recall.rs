//! Memories are found by what they say, by whoever may read all that they are found by.

use crate::harness::{Answer, House};
use crate::memories::{api, remember, send, tool};
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn search(house: &House, key: &str, question: Value) -> Answer {
    let found = send(house, key, "POST", "/search", question).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found
}

/// The contents of what is found.
pub(crate) async fn finds(house: &House, key: &str, question: Value) -> Vec<String> {
    let found = search(house, key, question).await.body;
    let content = |hit: &Value| hit["memory"]["content"].as_str().unwrap().to_owned();
    found["data"].as_array().unwrap().iter().map(content).collect()
}

pub(crate) async fn told(house: &House, key: &str, contents: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for content in contents {
        ids.push(remember(house, key, json!({ "content": content })).await);
    }
    ids
}

#[tokio::test]
async fn a_question_finds_what_answers_it_and_says_why() {
    let house = House::new();
    let key = house.api("full_access").await;
    told(
        &house,
        &key,
        &[
            "Anna is allergic to nuts",
            "The restaurant on Main Street serves lasagne",
            "Das Haus steht in der Altstadt",
        ],
    )
    .await;
    let titled = json!({ "content": "Twice a week, in the morning", "title": "Swimming", "tags": ["sport"] });
    remember(&house, &key, titled).await;

    assert_eq!(finds(&house, &key, json!({ "query": "allergies" })).await, ["Anna is allergic to nuts"]);
    assert_eq!(finds(&house, &key, json!({ "query": "restaraunt" })).await.len(), 1, "mistyped");
    assert_eq!(finds(&house, &key, json!({ "query": "Häuser" })).await, ["Das Haus steht in der Altstadt"]);
    for by in ["swim", "sport"] {
        assert_eq!(finds(&house, &key, json!({ "query": by })).await, ["Twice a week, in the morning"]);
    }
    assert!(finds(&house, &key, json!({ "query": "zorgblatt" })).await.is_empty());
    let asked =
        json!({ "query": "what must she never be served", "queries": ["food intolerance", "nut allergy"] });
    let found = search(&house, &key, asked.clone()).await.body;
    let best = &found["data"][0];
    assert_eq!(
        (&best["memory"]["content"], &found["partial"]),
        (&json!("Anna is allergic to nuts"), &json!(false))
    );
    assert_eq!(
        (&best["why"]["paraphrase"], &best["why"]["words"]),
        (&json!("nut allergy"), &json!(["nuts"]))
    );
    assert!(best["score"].as_f64().is_some_and(|score| score > 0.0 && score <= 1.2), "{best}");
    assert_eq!(tool(&house, &key, "search_memory", asked).await, found);
}

#[tokio::test]
async fn what_is_superseded_says_so_to_who_sees_both() {
    let house = House::new();
    let key = house.api("full_access").await;
    let at = house.clock.now() + SignedDuration::from_secs(60);
    let old = remember(&house, &key, json!({ "content": "Bo drinks tea", "tags": ["seen"] })).await;
    let other = remember(&house, &key, json!({ "content": "Ann drinks tea", "tags": ["seen"] })).await;
    let new =
        json!({ "content": "Bo drinks coffee, no tea", "supersedes": old, "expires_at": at.to_string() });
    let new = remember(&house, &key, new).await;
    let order = async |key: &str| {
        let found = search(&house, key, json!({ "query": "Bo drinks tea" })).await.body;
        let hits = found["data"].as_array().unwrap().clone();
        hits.iter().map(|hit| (hit["memory"]["id"].clone(), hit["superseded_by"].clone())).collect::<Vec<_>>()
    };
    let [old, other, new] = [old, other, new].map(Value::from);
    let found = order(&key).await;
    assert_eq!((found.len(), &found[2]), (3, &(old.clone(), new.clone())));
    let grant = json!([{ "resource": "memories", "actions": ["read"], "only": { "tags": ["seen"] } }]);
    let before = [(old.clone(), Value::Null), (other.clone(), Value::Null)];
    assert_eq!(order(&api(&house, grant).await).await, before, "nothing of what is not seen");
    house.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(order(&key).await, before, "what superseded it has expired");
}

#[tokio::test]
async fn a_question_is_narrowed_and_bounded() {
    let house = House::new();
    let key = house.api("full_access").await;
    for (n, kind, tags, at) in [
        (1, "fact", json!(["a"]), "2026-01-01"),
        (2, "event", json!(["a", "b"]), "2026-06-01T12:00:00Z"),
        (3, "fact", json!([]), "2026-12-31"),
    ] {
        let body = json!({ "content": format!("tea {n}"), "type": kind, "tags": tags, "occurred_at": at });
        remember(&house, &key, body).await;
    }
    told(&house, &key, &["tea now"]).await;
    for (with, mut wanted) in [
        (json!({ "type": "fact" }), vec!["tea 1", "tea 3"]),
        (json!({ "tags": ["b", "c"] }), vec!["tea 2"]),
        (json!({ "after": "2026-06-01" }), vec!["tea 2", "tea 3", "tea now"]),
        (json!({ "after": "2026-06-01T12:00:01Z", "before": "2027-01-01" }), vec!["tea 3"]),
        (json!({ "before": "2026-06-01T12:00:00Z" }), vec!["tea 1"]),
        (json!({ "after": "2027-01-15" }), vec!["tea now"]),
        (json!({ "type": "note" }), vec![]),
    ] {
        let mut question = json!({ "query": "tea" });
        question.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let mut found = finds(&house, &key, question).await;
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{with}");
    }
    let many: Vec<String> = (0..60).map(|n| format!("green tea {n}")).collect();
    told(&house, &key, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for (limit, found) in [(json!(null), 5), (json!(1), 1), (json!(50), 50)] {
        assert_eq!(finds(&house, &key, json!({ "query": "tea", "limit": limit })).await.len(), found);
    }
    let long = |count: usize| json!("ä".repeat(count));
    finds(
        &house,
        &key,
        json!({ "query": long(1000), "queries": vec![long(1000); 5], "tags": vec!["t"; 20] }),
    )
    .await;
    for (question, pointer) in [
        (json!({}), "/query"),
        (json!({ "query": "" }), "/query"),
        (json!({ "query": long(1001) }), "/query"),
        (json!({ "query": "x", "queries": vec!["x"; 6] }), "/queries"),
        (json!({ "query": "x", "queries": [long(1001)] }), "/queries/0"),
        (json!({ "query": "x", "limit": 0 }), "/limit"),
        (json!({ "query": "x", "limit": 51 }), "/limit"),
        (json!({ "query": "x", "type": "thought" }), "/type"),
        (json!({ "query": "x", "after": "yesterday" }), "/after"),
        (json!({ "query": "x", "fuzzy": true }), "/fuzzy"),
    ] {
        let answer = send(&house, &key, "POST", "/search", question.clone()).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), pointer, "{question}");
    }
    send(&house, &key, "GET", "/search", Value::Null).await.is_problem(405);
}

#[tokio::test]
async fn who_may_not_read_it_does_not_find_it_and_learns_nothing_from_scores() {
    let house = House::new();
    let key = house.api("full_access").await;
    let area = house.call("POST", "/v1/life-areas", &key, Some(json!({ "name": "Home" }))).await.text("/id");
    remember(&house, &key, json!({ "content": "tea at home", "life_area_id": area, "tags": ["home"] })).await;
    let only = |only: Value| json!([{ "resource": "memories", "actions": ["read"], "only": only }]);
    let narrow = api(&house, only(json!({ "tags": ["home"] }))).await;
    let alone = search(&house, &narrow, json!({ "query": "tea home" })).await.body;
    for n in 0..20 {
        remember(&house, &key, json!({ "content": format!("SECRET tea home {n}") })).await;
    }
    assert_eq!(search(&house, &narrow, json!({ "query": "tea home" })).await.body, alone);
    let of_area = api(&house, only(json!({ "life_areas": [area] }))).await;
    assert_eq!(finds(&house, &of_area, json!({ "query": "tea" })).await, ["tea at home"]);
    let own = api(&house, only(json!({ "own": true }))).await;
    assert!(finds(&house, &own, json!({ "query": "tea" })).await.is_empty());

    // Where anything that a search goes by is hidden, there is nothing to find.
    let masked = |fields: Value| json!([{ "resource": "memories", "actions": ["read"], "fields": fields }]);
    for hidden in
        ["content", "title", "tags", "type", "importance", "occurred_at", "created_at", "supersedes"]
    {
        let key = api(&house, masked(json!({ "deny": [hidden] }))).await;
        assert!(finds(&house, &key, json!({ "query": "tea" })).await.is_empty(), "{hidden}");
    }
    let key = api(&house, masked(json!({ "deny": ["created_by", "links", "life_area_id"] }))).await;
    let found = search(&house, &key, json!({ "query": "tea at home", "limit": 1 })).await.body;
    assert_eq!(found["data"][0]["memory"].get("life_area_id"), None, "{found}");
    // Two rules that show a half each show the whole of what both cover.
    let mut halves = masked(json!({ "allow": ["content", "title", "tags", "type"] }));
    let rest = masked(json!({ "allow": ["importance", "occurred_at", "created_at", "supersedes"] }));
    halves.as_array_mut().unwrap().extend(rest.as_array().unwrap().clone());
    assert_eq!(
        finds(&house, &api(&house, halves).await, json!({ "query": "tea at home", "limit": 1 })).await.len(),
        1
    );
    let none = api(&house, json!([{ "resource": "memories", "actions": ["write"] }])).await;
    send(&house, &none, "POST", "/search", json!({ "query": "tea" })).await.is_problem(403);
    let config = json!({ "tools_enabled": ["list_memories"] });
    let listing = json!({ "kind": "mcp", "name": "x", "preset": "read_only", "config": config });
    let listing = house.connect(listing).await.1;
    send(&house, &listing, "POST", "/search", json!({ "query": "tea" })).await.is_problem(403);
}

#[tokio::test]
async fn what_is_to_be_read_instead_is_named_whatever_is_asked_for() {
    let house = House::new();
    let key = house.api("full_access").await;
    let old = json!({ "content": "Bo drinks tea", "type": "fact", "tags": ["drinks"] });
    let old = remember(&house, &key, old).await;
    let new = json!({ "content": "Bo drinks coffee", "type": "decision", "supersedes": old });
    let new = remember(&house, &key, new).await;
    let whole = search(&house, &key, json!({ "query": "Bo drinks" })).await.body;
    let score = |hits: &Value| {
        hits["data"].as_array().unwrap().iter().map(|hit| hit["score"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(whole["data"][1]["superseded_by"], json!(new), "{whole}");
    for narrower in [json!({ "type": "fact" }), json!({ "tags": ["drinks"] })] {
        let mut question = json!({ "query": "Bo drinks" });
        question.as_object_mut().unwrap().extend(narrower.as_object().unwrap().clone());
        let found = search(&house, &key, question).await.body;
        assert_eq!((score(&found).len(), &found["data"][0]["superseded_by"]), (1, &json!(new)), "{found}");
    }
}
