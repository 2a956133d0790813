//! An undo that its owner does not wait for: whoever asks how far it is does the next part of it.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER, request};
use crate::idempotency::Breaks;
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const SINCE: &str = "2027-01-15T08:00:00Z";

/// A connection that made so many tasks, and its key.
async fn wild(house: &House, many: usize) -> (String, String) {
    let input =
        json!({ "kind": "api", "name": "wild", "preset": "full_access", "limits": { "burst": null } });
    let (id, key) = house.connect(input).await;
    for batch in (0..many).collect::<Vec<_>>().chunks(25) {
        let items: Vec<_> = batch.iter().map(|n| json!({ "title": format!("{n}") })).collect();
        let made = house.call("POST", "/v1/tasks/batch", &key, Some(json!({ "items": items }))).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
    house.pump.drain().await.unwrap();
    (id, key)
}

async fn sent(house: &House, connection: &str, body: Value) -> Answer {
    let mut sent = request("POST", &format!("/connections/{connection}/undo"), Some(OWNER), Some(body));
    sent.headers_mut().insert("prefer", "respond-async".parse().unwrap());
    house.send(sent).await
}

/// Where it is asked about.
async fn begun(house: &House, connection: &str, body: Value) -> String {
    let answer = sent(house, connection, body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text("/status").as_str()),
        (202, "working"),
        "{}",
        answer.body
    );
    let place = answer.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(place, format!("/jobs/{}", answer.text("/id")));
    place
}

async fn asked(house: &House, place: &str) -> Answer {
    let told = house.call("GET", place, OWNER, None).await;
    assert_eq!(told.status, 200, "{}", told.body);
    told
}

/// The id of an undo that nobody waits for.
pub(crate) async fn later(house: &House, connection: &str) -> String {
    begun(house, connection, json!({ "since": SINCE })).await.replace("/jobs/", "")
}

/// What it tells at its end, and how often that was asked.
async fn ended(house: &House, place: &str) -> (Answer, usize) {
    for polls in 1..50 {
        let told = asked(house, place).await;
        if told.text("/status") != "working" {
            return (told, polls);
        }
    }
    panic!("it never ends")
}

async fn left(house: &House) -> usize {
    let key = house.api("read_only").await;
    let stats = house.call("GET", "/v1/stats", &key, None).await.body;
    usize::try_from(stats["tasks"]["total"].as_u64().unwrap()).unwrap()
}

#[tokio::test]
async fn much_is_undone_part_by_part_and_comes_back_so() {
    let house = House::new();
    let (id, key) = wild(&house, 450).await;
    let place = begun(&house, &id, json!({ "since": SINCE })).await;
    assert_eq!(left(&house).await, 450, "nothing is done before it is asked about");
    for (token, status) in [(OTHER_OWNER, 404), (key.as_str(), 403)] {
        for method in ["GET", "DELETE"] {
            house.call(method, &place, token, None).await.is_problem(status);
        }
    }
    let first = asked(&house, &place).await;
    assert_eq!((first.text("/status").as_str(), &first.body["counts"]["removed"]), ("working", &json!(200)));
    let (told, polls) = ended(&house, &place).await;
    assert_eq!((told.text("/status").as_str(), polls), ("completed", 2), "{}", told.body);
    assert_eq!(told.body["counts"]["removed"], 450);
    assert_eq!((left(&house).await, asked(&house, &place).await.body), (0, told.body.clone()));

    house.pump.drain().await.unwrap();
    let place = begun(&house, &id, json!({ "undo_of": told.text("/undo") })).await;
    assert_eq!(ended(&house, &place).await.0.body["counts"]["restored"], 450);
    assert_eq!(left(&house).await, 450);
    house.clock.advance(SignedDuration::from_hours(24));
    house.call("GET", &place, OWNER, None).await.is_problem(404);
}

#[tokio::test]
async fn what_is_asked_at_once_is_done_and_counted_once() {
    let house = House::new();
    let (id, _) = wild(&house, 250).await;
    let place = begun(&house, &id, json!({ "since": SINCE })).await;
    loop {
        let all = join_all((0..8).map(|_| asked(&house, &place))).await;
        if all.iter().any(|told| told.text("/status") == "completed") {
            break;
        }
    }
    assert_eq!(asked(&house, &place).await.body["counts"]["removed"], 250);
    assert_eq!(left(&house).await, 0);
}

#[tokio::test]
async fn what_is_cancelled_goes_no_further() {
    let house = House::new();
    let (id, key) = wild(&house, 250).await;
    let place = begun(&house, &id, json!({ "since": SINCE })).await;
    asked(&house, &place).await;
    for _ in 0..2 {
        let told = house.call("DELETE", &place, OWNER, None).await;
        assert_eq!(
            (told.status.as_u16(), told.text("/status").as_str()),
            (200, "cancelled"),
            "{}",
            told.body
        );
    }
    assert_eq!(asked(&house, &place).await.text("/status"), "cancelled");
    assert_eq!(left(&house).await, 50);
    // What somebody else wrote since then is told.
    let one = house.call("GET", "/v1/tasks?limit=1", &key, None).await.text("/data/0/id");
    let other = house.api("full_access").await;
    house.clock.advance(SignedDuration::from_secs(1));
    let title = json!({ "title": "theirs" });
    house.call("PATCH", &format!("/v1/tasks/{one}"), &other, Some(title)).await;
    house.pump.drain().await.unwrap();
    let place = begun(&house, &id, json!({ "since": SINCE })).await;
    let (told, _) = ended(&house, &place).await;
    assert_eq!(
        (told.body["counts"]["removed"].as_u64(), &told.body["conflicts"][0]["id"]),
        (Some(49), &json!(one))
    );
    let dry = sent(&house, &id, json!({ "since": SINCE, "dry_run": true })).await;
    assert_eq!(dry.status, 200, "what does nothing is answered at once");
    sent(&house, &id, json!({})).await.is_problem(400);
}

#[tokio::test]
async fn wherever_the_store_fails_whoever_asks_again_goes_on() {
    for after in [false, true] {
        for call in 1.. {
            let (house, breaks) = Breaks::house(after);
            let (id, _) = wild(&house, 3).await;
            let place = begun(&house, &id, json!({ "since": SINCE })).await;
            breaks.store(call, Ordering::SeqCst);
            house.call("GET", &place, OWNER, None).await;
            let is_whole = breaks.swap(0, Ordering::SeqCst) > 0;
            house.clock.advance(SignedDuration::from_mins(1));
            let (told, _) = ended(&house, &place).await;
            assert_eq!(told.text("/status"), "completed", "call {call}: {}", told.body);
            assert_eq!(left(&house).await, 0, "call {call}, after: {after}");
            if is_whole {
                assert!(call > 5);
                break;
            }
        }
    }
}
