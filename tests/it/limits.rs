//! How often a connection may call: exactly as often as its limits say, whoever calls at the same time.

use crate::harness::{Answer, House, request};
use domain::clock::Clock as _;
use domain::conformance::ManualClock;
use domain::id::OwnerId;
use domain::table::{Query, Table as _};
use futures_util::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use local::{Host, Settings};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;

pub(crate) async fn limited(house: &House, limits: Value) -> (String, String) {
    house
        .connect(json!({ "kind": "api", "name": "limited", "preset": "full_access", "limits": limits }))
        .await
}

pub(crate) fn limits(burst: Option<u32>, per_hour: Option<u32>, per_day: Option<u32>) -> Value {
    json!({ "burst": burst, "per_hour": per_hour, "per_day": per_day })
}

async fn list(house: &House, key: &str) -> Answer {
    house.call("GET", "/v1/tasks", key, None).await
}

pub(crate) async fn admitted(house: &House, key: &str, calls: usize) -> usize {
    let answers = join_all((0..calls).map(|_| list(house, key))).await;
    answers.iter().filter(|answer| answer.status == StatusCode::OK).count()
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

pub(crate) async fn notices(house: &House) -> Vec<Value> {
    let rows = house.store.query(&Query::prefix(OwnerId::of("test", "one"), "notice/")).await.unwrap().rows;
    rows.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_at_once_exactly_as_many_are_admitted_as_each_limit_leaves() {
    let house = House::new();
    let mut random: u64 = 0x5eed;
    for round in 0..40 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let most = u32::try_from(random % 90).unwrap() + 1;
        let window = usize::try_from(random >> 32).unwrap() % 3;
        let of = |at| (window == at).then_some(most);
        let (_, key) = limited(&house, limits(of(0), of(1), of(2))).await;
        let mut left = usize::try_from(most).unwrap();
        for calls in [64, 64, 8] {
            assert_eq!(
                admitted(&house, &key, calls).await,
                calls.min(left),
                "round {round}: {most} in {window}"
            );
            left = left.saturating_sub(calls);
        }
    }
}

#[tokio::test]
async fn every_answer_tells_what_is_left_and_a_refusal_until_when() {
    let house = House::new();
    // One minute and fifteen seconds before the hour ends, so that the windows end one after the other.
    let now = house.clock.now().as_second();
    house.clock.advance(SignedDuration::from_secs(3_600 - now % 3_600 - 75));
    let (_, key) = limited(&house, limits(Some(2), Some(5), Some(100))).await;
    let first = list(&house, &key).await;
    let policy = "\"burst\";q=2;w=60, \"hour\";q=5;w=3600, \"day\";q=100;w=86400";
    assert_eq!(header(&first, "ratelimit-policy"), policy);
    let day = 86_400 - house.clock.now().as_second() % 86_400;
    assert_eq!(
        header(&first, "ratelimit"),
        format!("\"burst\";r=1;t=15, \"hour\";r=4;t=75, \"day\";r=99;t={day}")
    );

    let refused = house.call("GET", "/v1/tasks/nonsense", &key, None).await;
    assert_eq!(header(refused.is_problem(400), "ratelimit-policy"), policy, "errors tell it too, and count");
    for _ in 0..3 {
        let full = list(&house, &key).await;
        full.is_problem(429);
        assert_eq!((&full.body["window"], &full.body["limit"]), (&json!("burst"), &json!(2)));
        assert_eq!((&full.body["retry_after"], header(&full, "retry-after")), (&json!(15), "15"));
        assert_eq!(full.text("/type"), "urn:larder:problem:limit-reached");
        assert!(header(&full, "ratelimit").starts_with("\"burst\";r=0;t=15"), "{:?}", full.headers);
    }
    house.clock.advance(SignedDuration::from_secs(15));
    let next = list(&house, &key).await;
    assert!(
        header(&next, "ratelimit").contains("\"hour\";r=2;t=60"),
        "what was refused took nothing: {:?}",
        next.headers
    );
    list(&house, &key).await;
    house.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(list(&house, &key).await.is_problem(429).body["window"], "burst");
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(list(&house, &key).await.status, StatusCode::OK, "a new hour");

    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(house.call("POST", "/mcp", &key, Some(call.clone())).await.status, StatusCode::OK);
    house.call("POST", "/mcp", &key, Some(call)).await.is_problem(429);
}

#[tokio::test]
async fn whoever_is_not_limited_is_told_no_limit() {
    let house = House::new();
    let (_, key) = limited(&house, limits(None, None, None)).await;
    assert_eq!(admitted(&house, &key, 500).await, 500);
    assert!(!list(&house, &key).await.headers.contains_key("ratelimit"));
    let (_, key) = house.connect(json!({ "kind": "api", "name": "new", "preset": "full_access" })).await;
    let policy = "\"burst\";q=300;w=60, \"hour\";q=1000;w=3600, \"day\";q=10000;w=86400";
    assert_eq!(header(&list(&house, &key).await, "ratelimit-policy"), policy, "what new connections get");
}

#[tokio::test]
async fn the_owner_is_told_once_that_a_limit_is_close_and_once_that_it_is_reached() {
    let house = House::new();
    let (id, key) = limited(&house, limits(Some(50), Some(9), None)).await;
    admitted(&house, &key, 7).await;
    assert_eq!(notices(&house).await, [Value::Null; 0], "seven of nine are less than four fifths");
    admitted(&house, &key, 2).await;
    let until = house.clock.now().as_second() / 3_600 * 3_600 + 3_600;
    let told = notices(&house).await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["connection"], &told[0]["about"]["about"]), (&json!(id), &json!("limit_warning")));
    let about = &told[0]["about"];
    assert_eq!((&about["window"], &about["limit"]), (&json!("hour"), &json!(9)));
    assert_eq!(about["until"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second(), until);
    assert_eq!(admitted(&house, &key, 64).await, 0);
    admitted(&house, &key, 64).await;
    let told = notices(&house).await;
    let abouts: Vec<_> = told.iter().map(|notice| notice["about"]["about"].as_str().unwrap()).collect();
    assert_eq!(abouts, ["limit_reached", "limit_warning"]);
}

#[tokio::test]
async fn a_key_that_is_refused_uses_nothing_up_and_is_noted_so_often_only() {
    let house = House::new();
    let (id, key) = limited(&house, limits(None, Some(10), None)).await;
    house.call("POST", &format!("/connections/{id}/revoke"), crate::harness::OWNER, None).await;
    for _ in 0..150 {
        let refused = list(&house, &key).await;
        assert!(!refused.is_problem(401).headers.contains_key("ratelimit"), "it is told nothing");
    }
    let rows = async |kind: &str| {
        let query = Query::prefix(OwnerId::of("test", "one"), kind).page(None, 1_000);
        house.store.query(&query).await.unwrap().rows
    };
    let denials = rows("audit/").await.iter().filter(|row| row.body.contains("call.denied")).count();
    assert_eq!((denials, rows("act/").await.len()), (100, 100));
    let rate = rows("rate/").await;
    let gate = rate.iter().find(|row| row.key.sort.ends_with(&id)).map(|row| row.counters.clone()).unwrap();
    assert_eq!(
        gate.into_iter().collect::<Vec<_>>(),
        [("hour".to_owned(), 10)],
        "no key, and nothing counted"
    );
}

#[tokio::test]
async fn counters_of_past_windows_do_not_pile_up() {
    let house = House::new();
    let (id, key) = limited(&house, limits(Some(5), Some(6), Some(100))).await;
    let query = Query::prefix(OwnerId::of("test", "one"), &format!("rate/{id}"));
    for step in 1..30 {
        assert_eq!(admitted(&house, &key, 6).await, 5);
        house.clock.advance(SignedDuration::from_hours(step));
        for row in house.store.query(&query).await.unwrap().rows {
            assert!(row.counters.len() <= 4 + 6, "{:?}", row.counters);
        }
    }
}

#[tokio::test]
async fn a_connection_leaves_no_gate_behind() {
    let house = House::new();
    let (id, key) = limited(&house, limits(Some(5), Some(6), None)).await;
    assert_eq!(admitted(&house, &key, 5).await, 5);
    house.call("DELETE", &format!("/connections/{id}"), crate::harness::OWNER, None).await;
    for _ in 0..150 {
        assert_eq!(list(&house, &key).await.is_problem(401).text("/type"), "urn:larder:problem:deleted");
    }
    let rows = async |kind: &str| {
        let query = Query::prefix(OwnerId::of("test", "one"), kind).page(None, 1_000);
        house.store.query(&query).await.unwrap().rows
    };
    assert_eq!(rows("rate/").await, []);
    let denials = rows("audit/").await.iter().filter(|row| row.body.contains("was deleted")).count();
    assert_eq!(denials, 100);
}

pub(crate) fn open(folder: &std::path::Path, clock: &Arc<ManualClock>) -> Host {
    let settings = Settings {
        listen: "127.0.0.1:4747".parse().unwrap(),
        hosts: "larder.test".to_owned(),
        public_url: None,
        outbound: Arc::new(crate::harness::Network::default()),
        reach: Arc::new(outbound::Exempt::default()),
        clock: Arc::clone(clock) as _,
        entropy: Arc::new(crate::harness::Counter::default()),
    };
    Host::open(folder, settings).unwrap()
}

async fn status(host: &Host, request: http::Request<axum::body::Body>) -> StatusCode {
    host.router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_restart_gives_no_calls_back() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::default()));
    let mut key = String::new();
    let mut admitted = 0;
    for start in 0..3 {
        let host = open(folder.path(), &clock);
        if start == 0 {
            let input = json!({ "kind": "api", "name": "limited", "limits": limits(None, Some(10), None) });
            let made = request("POST", "/connections", Some(&host.owner.token()), Some(input));
            let made = host.router.clone().oneshot(made).await.unwrap().into_body();
            let made = axum::body::to_bytes(made, usize::MAX).await.unwrap();
            let made: Value = serde_json::from_slice(&made).unwrap();
            key = made["key"].as_str().unwrap().to_owned();
        }
        for _ in 0..4 {
            let list = request("GET", "/v1/tasks", Some(&key), None);
            admitted += usize::from(status(&host, list).await == StatusCode::OK);
        }
        host.store.close().await.unwrap();
        clock.advance(SignedDuration::from_secs(1));
    }
    assert_eq!(admitted, 10);
}
