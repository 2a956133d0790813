//! A calendar that apps read by an address alone: what is in it, and what ends it.

use crate::harness::{Answer, House, OWNER, request};
use crate::mcp::legacy;
use crate::oauth::flow::{self, let_in, register};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const HOSTILE: &str = "Milk\nBEGIN:VEVENT\nSUMMARY:ours; or, \\n\nEND:VEVENT";

async fn furnished() -> House {
    let house = House::new();
    let key = house.api("full_access").await;
    for (path, item) in [
        (
            "/v1/tasks",
            json!({ "title": HOSTILE, "due": "2027-01-16", "description": "SECRET", "labels": ["work"] }),
        ),
        ("/v1/tasks", json!({ "title": "Private", "due": "2027-01-16T10:00:00Z" })),
        ("/v1/tasks", json!({ "title": "Not due", "labels": ["work"] })),
        ("/v1/goals", json!({ "title": "Swim", "target_date": "2027-02-01" })),
    ] {
        let made = house.call("POST", path, &key, Some(item)).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    house
}

/// The path of the address that this key gets.
async fn subscribe(house: &House, key: &str) -> String {
    let given = house.call("POST", "/v1/calendars", key, None).await;
    assert_eq!(given.status, 200, "{}", given.body);
    path(&given.text("/address"))
}

fn path(address: &str) -> String {
    address.strip_prefix("http://larder.test").unwrap().to_owned()
}

async fn fetch(house: &House, path: &str) -> Answer {
    house.send(request("GET", path, None, None)).await
}

async fn read(house: &House, path: &str) -> String {
    let answer = house.router.clone().oneshot(request("GET", path, None, None)).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/calendar; charset=utf-8");
    assert_eq!(answer.headers()["cache-control"], "private, no-cache");
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
}

/// Their summaries, as somebody else reads them.
fn events(feed: &str) -> Vec<String> {
    let calendar: icalendar::Calendar = feed.parse().unwrap();
    let summary = |part: &icalendar::CalendarComponent| {
        use icalendar::Component as _;
        part.as_event().unwrap().get_summary().unwrap().to_owned()
    };
    calendar.components.iter().map(summary).collect()
}

async fn code(house: &House, path: &str, status: u16) -> String {
    let refused = fetch(house, path).await;
    let code = refused.is_problem(status).text("/type");
    code.rsplit(':').next().unwrap().to_owned()
}

#[tokio::test]
async fn it_shows_what_its_connection_may_read_and_runs_nothing_of_it() {
    let house = furnished().await;
    let grant = json!([
        { "resource": "tasks", "actions": ["read"], "only": { "tags": ["work"] }, "fields": { "deny": ["description"] } },
    ]);
    let (_, narrow) = house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await;
    let feed = read(&house, &subscribe(&house, &narrow).await).await;
    assert_eq!(events(&feed), [HOSTILE], "{feed}");
    assert_eq!(feed.matches("\r\nBEGIN:VEVENT").count(), 1, "{feed}");
    assert!(!feed.contains("SECRET") && !feed.contains("Private"), "{feed}");
    let whole = house.api("read_only").await;
    assert_eq!(events(&read(&house, &subscribe(&house, &whole).await).await).len(), 3);
    let nameless = json!([{ "resource": "goals", "actions": ["read"], "fields": { "deny": ["title"] } }]);
    let (_, nameless) = house.connect(json!({ "kind": "mcp", "name": "goals", "grant": nameless })).await;
    let said =
        legacy(&house, &nameless, "tools/call", json!({ "name": "sync_with_calendar", "arguments": {} }))
            .await;
    let told = &said.body["result"]["structuredContent"];
    assert_eq!(told["until"], "2027-04-15T08:00:00Z", "{}", said.body);
    let at = path(told["address"].as_str().unwrap());
    assert!(at.starts_with("/v1/calendars/") && at.ends_with(".ics"), "{at}");
    assert_eq!(events(&read(&house, &at).await), ["Due"]);
    let undated = json!([{ "resource": "memories", "actions": ["read"] }]);
    let (_, undated) = house.connect(json!({ "kind": "api", "name": "memories", "grant": undated })).await;
    house.call("POST", "/v1/calendars", &undated, None).await.is_problem(403);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_and_the_address_is_in_no_record() {
    let house = furnished().await;
    let (id, key) = house.connect(json!({ "kind": "api", "name": "phone", "preset": "read_only" })).await;
    let path = subscribe(&house, &key).await;
    let tag = fetch(&house, &path).await.headers["etag"].clone();
    let mut again = request("GET", &path, None, None);
    again.headers_mut().insert("if-none-match", tag);
    assert_eq!(house.send(again).await.status, 304);
    let head = house.send(request("HEAD", &path, None, None)).await;
    assert_eq!((head.status.as_u16(), &head.body), (200, &Value::Null));
    assert_eq!(fetch(&house, &path.replace(".ics", "")).await.status, 200, "some apps cut the ending");
    let told = house.call("GET", &format!("/connections/{id}/activity"), OWNER, None).await.body.to_string();
    assert!(
        told.contains("GET /v1/calendars/{link}") && told.contains("HEAD /v1/calendars/{link}"),
        "{told}"
    );
    let log = house.call("GET", "/audit/logs", OWNER, None).await.body.to_string();
    let sealed = path.trim_start_matches("/v1/calendars/").trim_end_matches(".ics");
    assert!(!told.contains(sealed) && !log.contains(sealed));
    assert!(!path.contains(key.rsplit('_').next().unwrap()), "it is no key");
    house.send(request("GET", "/v1/tasks", Some(sealed), None)).await.is_problem(401);
}

#[tokio::test]
async fn it_ends_with_whatever_ends_the_key_that_asked_for_it() {
    let house = furnished().await;
    let (id, key) = house.connect(json!({ "kind": "mcp", "name": "phone", "preset": "read_only" })).await;
    let at = format!("/connections/{id}");
    let owner = async |action: &str, body: Option<Value>| {
        let done = house.call("POST", &format!("{at}/{action}"), OWNER, body).await;
        assert_eq!(done.status, 200, "{}", done.body);
        done
    };
    let path = subscribe(&house, &key).await;
    owner("pause", None).await;
    assert_eq!(code(&house, &path, 401).await, "paused");
    owner("resume", None).await;
    read(&house, &path).await;
    let patch = async |patch: Value| {
        let done = house.call("PATCH", &at, OWNER, Some(patch)).await;
        assert_eq!(done.status, 200, "{}", done.body);
    };
    patch(json!({ "config": { "tools_enabled": ["list_tasks"] } })).await;
    assert_eq!(code(&house, &path, 403).await, "denied");
    patch(json!({ "config": { "tools_enabled": null } })).await;
    let hours = json!({ "hours": { "days": ["mon"], "from": "08:00", "to": "09:00", "time_zone": "UTC" } });
    patch(json!({ "grant": [{ "resource": "tasks", "actions": ["read"], "when": hours }] })).await;
    assert_eq!(code(&house, &path, 403).await, "denied", "it is a Friday");
    patch(json!({ "grant": [{ "resource": "tasks", "actions": ["read"] }] })).await;
    assert_eq!(events(&read(&house, &path).await).len(), 2, "as its grant is now");
    let new = owner("rotate", Some(json!({ "overlap_hours": 1 }))).await.text("/key");
    read(&house, &path).await;
    let of_old = house.call("POST", "/v1/calendars", &key, None).await;
    assert_eq!(of_old.text("/until"), "2027-01-15T09:00:00Z", "{}", of_old.body);
    house.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(code(&house, &path, 401).await, "replaced-key");
    let path = subscribe(&house, &new).await;
    owner("revoke", None).await;
    assert_eq!(code(&house, &path, 401).await, "revoked");
    house.call("DELETE", &at, OWNER, None).await;
    assert_eq!(code(&house, &path, 401).await, "deleted");
}

#[tokio::test]
async fn reading_it_is_a_call_like_any_other() {
    let house = furnished().await;
    let limits = json!({ "burst": 3 });
    let (_, key) = house.connect(json!({ "kind": "api", "name": "phone", "limits": limits })).await;
    let path = subscribe(&house, &key).await;
    let first = fetch(&house, &path).await;
    assert_eq!((first.status.as_u16(), first.headers.contains_key("ratelimit")), (200, true));
    assert_eq!(house.call("GET", "/v1/tasks", &key, None).await.status, 200);
    assert_eq!(code(&house, &path, 429).await, "limit-reached");
}

#[tokio::test]
async fn nobody_makes_an_address_but_this_larder_for_who_asked() {
    let house = furnished().await;
    let key = house.api("read_only").await;
    let path = subscribe(&house, &key).await;
    let (start, sealed) = path.trim_end_matches(".ics").split_at("/v1/calendars/".len());
    for at in 0..sealed.len() {
        let mut bent = sealed.to_owned();
        bent.replace_range(at..=at, if &sealed[at..=at] == "A" { "B" } else { "A" });
        assert_eq!(code(&house, &format!("{start}{bent}.ics"), 404).await, "not-found", "{at}");
    }
    for not in ["x", ".ics", "..ics", "%00", &format!("{sealed}A"), &key] {
        assert_eq!(code(&house, &format!("{start}{not}"), 404).await, "not-found", "{not}");
    }
    let backup = house.call("POST", "/v1/backups", &key, Some(json!({ "include": ["tasks"] }))).await;
    let link = backup.text("/link");
    let link = link.rsplit('/').next().unwrap();
    assert_eq!(code(&house, &format!("{start}{link}.ics"), 404).await, "not-found", "of another place");
    assert_eq!(code(&house, &format!("/v1/backups/{sealed}"), 404).await, "not-found");
    let elsewhere = House::new();
    elsewhere.api("read_only").await;
    elsewhere.app.keys.signing().await.unwrap();
    let own = house.api("read_only").await;
    assert_ne!(subscribe(&house, &own).await, path);
}

/// What an app asked for ends with what it was let in by, and does not outlive what it may do.
#[tokio::test]
async fn an_app_that_is_let_in_gets_one_for_as_long_as_that() {
    let house = furnished().await;
    let client = register(&house).await;
    let tokens = let_in(&house, &client).await;
    let said = flow::tool(&house, &tokens.access, "sync_with_calendar", json!({})).await;
    let path = path(&said.text("/result/structuredContent/address"));
    assert_eq!(events(&read(&house, &path).await).len(), 3);
    house.clock.advance(SignedDuration::from_mins(20));
    assert_eq!(flow::status(&house, &tokens.access).await, 401, "its access token is over");
    assert_eq!(events(&read(&house, &path).await).len(), 3, "the consent is not");
    let back = [("token", tokens.refresh.as_str()), ("client_id", client.as_str())];
    assert_eq!(flow::post(&house, "/revoke", &back).await.status, 200);
    assert_eq!(code(&house, &path, 401).await, "taken-back");
}
