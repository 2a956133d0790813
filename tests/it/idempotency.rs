//! A call that is sent again under its `Idempotency-Key` takes effect once, whatever goes wrong on the way.

use crate::asking::waiting;
use crate::deliveries::{event, webhook};
use crate::harness::{Answer, House, OTHER_OWNER, OWNER, request};
use crate::hooked::{Hook, Hooked};
use async_trait::async_trait;
use domain::clock::Clock as _;
use domain::id::OwnerId;
use domain::table::{Query, Table as _};
use domain::{Error, Result};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use web::Access;

fn new() -> Value {
    json!({ "kind": "api", "name": "made once" })
}

async fn make(house: &House, owner: &str, key: &str, body: &Value) -> Answer {
    post(house, "/connections", owner, key, body).await
}

async fn post(house: &House, path: &str, owner: &str, key: &str, body: &Value) -> Answer {
    let mut request = request("POST", path, Some(owner), Some(body.clone()));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    house.send(request).await
}

async fn connections(house: &House, owner: &str) -> usize {
    house.call("GET", "/connections", owner, None).await.body["data"].as_array().unwrap().len()
}

fn is_replay_of(answer: &Answer, first: &Answer) {
    assert_eq!((answer.status, &answer.body), (first.status, &first.body));
    assert_eq!(answer.headers["location"], first.headers["location"]);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_with_its_key() {
    let house = House::new();
    let first = make(&house, OWNER, "\"abc-1\"", &new()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    for key in ["\"abc-1\"", "abc-1"] {
        is_replay_of(&make(&house, OWNER, key, &new()).await, &first);
    }
    let key = first.text("/key");
    assert_eq!(house.call("GET", "/v1/tasks", &key, None).await.status, 200, "the key that was told holds");
    assert_eq!(connections(&house, OWNER).await, 1);
    let id = first.text("/connection/id");
    assert_eq!(shown_again(&house).await, [id.clone(), id], "each time that it was shown again");

    let other = make(&house, OWNER, "abc-1", &json!({ "kind": "mcp", "name": "another" })).await;
    assert_eq!(other.is_problem(409).text("/type"), "urn:larder:problem:idempotency-key-reused");
    make(&house, OWNER, "not visible\t", &new()).await.is_problem(400);
    let others = make(&house, OTHER_OWNER, "abc-1", &new()).await;
    assert_eq!(others.status, 201, "another owner's key is another key");
    assert_ne!(others.text("/key"), key);
    assert_eq!((connections(&house, OWNER).await, connections(&house, OTHER_OWNER).await), (1, 1));
}

/// Of which connections the log says that a key was shown again.
async fn shown_again(house: &House) -> Vec<String> {
    let page = house.call("GET", "/audit/logs?action=connection.key_shown_again", OWNER, None).await.body;
    let entries = page["data"].as_array().unwrap().iter();
    entries.map(|entry| entry["connection"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_post_of_the_owners_can_be_sent_again() {
    let house = House::new();
    // Issued later, it outlives a sign-out.
    let later = format!("{OWNER}@1900000000");
    let posts = local::routes();
    let posts = posts.list().iter().filter(|route| {
        (route.access, route.method.as_str()) == (Access::Owner, "POST")
            && !["local", "oauth"].contains(&route.function)
    });
    for route in posts {
        let is_of_webhooks = route.path.contains("/deliveries/") || route.path.ends_with("/rotate-secret");
        let (id, _) = house.connect(if is_of_webhooks { webhook() } else { new() }).await;
        let body = match route.path {
            "/connections" | "/connections/preview" => Some(new()),
            "/connections/{id}/rotate" | "/connections/{id}/rotate-secret" => Some(json!({})),
            "/connections/{id}/deliveries/replay" => Some(json!({ "since": house.clock.now() })),
            // An undo has an id of its own; that the next one finds nothing to do is tested beside it.
            "/connections/{id}/undo" => Some(json!({ "since": house.clock.now(), "dry_run": true })),
            _ => None,
        };
        let id = if route.function == "approvals" { waiting(&house).await } else { id };
        let mut path = route.path.replace("{id}", &id);
        if path.contains("{event}") {
            path = path.replace("{event}", &event(&house, &id).await);
        }
        let send = || {
            let mut request = request("POST", &path, Some(OWNER), body.clone());
            request.headers_mut().insert("idempotency-key", "once".parse().unwrap());
            house.send(request)
        };
        let all = || house.call("GET", "/connections?limit=100", &later, None);
        let (first, then) = (send().await, all().await);
        assert!(first.status.is_success(), "{path}: {}", first.body);
        house.clock.advance(SignedDuration::from_mins(1));
        let again = send().await;
        assert_eq!(all().await.body, then.body, "{path} took effect twice");
        if path == "/owner/sign-out-everywhere" {
            again.is_problem(401);
            return;
        }
        assert_eq!((again.status, again.body), (first.status, first.body), "{path}");
    }
    panic!("the sign-out is the last");
}

#[tokio::test]
async fn two_at_once_are_one() {
    let house = House::new();
    let new = new();
    let (one, two) = tokio::join!(make(&house, OWNER, "k", &new), make(&house, OWNER, "k", &new));
    assert_eq!((one.status, two.status), (http::StatusCode::CREATED, http::StatusCode::CREATED));
    assert_eq!(one.body, two.body);
    let replayed = [&one, &two].map(|answer| answer.headers.contains_key("idempotency-replayed"));
    assert!(replayed[0] != replayed[1], "one of them made it");
    assert_eq!(connections(&house, OWNER).await, 1);
}

#[tokio::test]
async fn a_key_is_rotated_once() {
    let house = House::new();
    let (id, old) = house.connect(new()).await;
    let (path, body) = (format!("/connections/{id}/rotate"), json!({}));
    let rotate = async || {
        let mut request = request("POST", &path, Some(OWNER), Some(body.clone()));
        request.headers_mut().insert("idempotency-key", "k".parse().unwrap());
        request.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
        house.send(request).await
    };
    let (one, two) = tokio::join!(rotate(), rotate());
    assert_eq!((one.status.as_u16(), &one.body), (200, &two.body));
    assert_eq!(rotate().await.body, one.body, "although the version is not that any more");
    assert_eq!(house.call("GET", "/v1/tasks", &one.text("/key"), None).await.status, 200);
    house.call("GET", "/v1/tasks", &old, None).await.is_problem(401);

    let (other, _) = house.connect(json!({ "kind": "api", "name": "another" })).await;
    let elsewhere = post(&house, &format!("/connections/{other}/rotate"), OWNER, "k", &body).await;
    assert_ne!(elsewhere.text("/key"), one.text("/key"), "at another path it is another key");
}

#[tokio::test]
async fn what_was_refused_keeps_no_key() {
    let house = House::new();
    make(&house, OWNER, "k", &json!({ "kind": "fax", "name": "x" })).await.is_problem(400);
    assert_eq!(make(&house, OWNER, "k", &new()).await.status, 201);
}

#[tokio::test]
async fn after_a_day_the_key_is_free_again() {
    let house = House::new();
    let first = make(&house, OWNER, "k", &new()).await;
    house.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    is_replay_of(&make(&house, OWNER, "k", &new()).await, &first);
    house.clock.advance(SignedDuration::from_secs(1));
    let later = make(&house, OWNER, "k", &json!({ "kind": "mcp", "name": "another" })).await;
    assert_eq!(later.status, 201, "{}", later.body);
    assert_eq!(connections(&house, OWNER).await, 2);
}

#[tokio::test]
async fn what_is_kept_shows_neither_the_key_nor_what_was_asked() {
    let house = House::new();
    let made = make(&house, OWNER, "my-secret-token", &new()).await;
    let key = made.text("/key");
    let rows = house.store.query(&Query::prefix(OwnerId::of("test", "one"), "idem/")).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    for hidden in [key.as_str(), &key[47..], "made once", "my-secret-token"] {
        assert!(!rows[0].body.contains(hidden) && !rows[0].key.sort.contains(hidden), "{hidden}");
    }
}

/// Breaks at the call at which it reaches zero: before the store hears of it, or when the answer is lost.
pub(crate) struct Breaks {
    left: Arc<AtomicI64>,
    after: bool,
}

#[async_trait]
impl Hook for Breaks {
    async fn before(&self) -> Result<()> {
        self.at(false)
    }
    async fn after(&self) -> Result<()> {
        self.at(true)
    }
}

impl Breaks {
    /// A house whose store breaks so, once it is told at which call.
    pub(crate) fn house(after: bool) -> (House, Arc<AtomicI64>) {
        let left = Arc::new(AtomicI64::new(0));
        let breaks = || Self { left: Arc::clone(&left), after };
        (House::on(|inner| Arc::new(Hooked { inner, hook: breaks() })), left)
    }

    fn at(&self, after: bool) -> Result<()> {
        if after == self.after && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            return Err(Error::internal("the line went dead"));
        }
        Ok(())
    }
}

#[tokio::test]
async fn wherever_the_store_fails_a_repeat_takes_effect_once() {
    for after in [false, true] {
        let mut failures = 0;
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            left.store(call, Ordering::SeqCst);
            let broken = make(&house, OWNER, "k", &new()).await;
            if left.swap(0, Ordering::SeqCst) > 0 {
                assert_eq!(broken.status, 201);
                break;
            }
            failures += 1;
            broken.is_problem(500);
            let first = make(&house, OWNER, "k", &new()).await;
            assert_eq!(first.status, 201, "{}", first.body);
            is_replay_of(&make(&house, OWNER, "k", &new()).await, &first);
            assert_eq!(connections(&house, OWNER).await, 1, "call {call}, after: {after}");
            assert_eq!(house.call("GET", "/v1/tasks", &first.text("/key"), None).await.status, 200);
        }
        assert!(failures >= 6, "the answer, two data keys, each looked for and made, and the effect");
    }
}
