//! The audit log as its owner reads it, takes it out, and verifies it.

use crate::harness::{House, OTHER_OWNER, OWNER, request};
use axum::Router;
use domain::audit::{Actor, Entry, Fault, Known, Outcome, Verifier, What};
use domain::clock::Clock as _;
use domain::conformance::{ManualClock, op};
use domain::id::{ConnectionId, OwnerId};
use domain::table::{Expect, Put, Table as _};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// One that happened this many milliseconds after a test begins.
pub(crate) fn entry(number: u16, action: &str) -> Entry {
    let at = ManualClock::default().now() + SignedDuration::from_millis(number.into());
    Entry::new(at, [0; 10], Actor::Connection, action, Outcome::Refused)
}

pub(crate) async fn note(house: &House, owner: OwnerId, entry: Entry) {
    let (key, body) = entry.noted(owner).unwrap();
    house.store.put(Put::new(key, body, Expect::Absent), op()).await.unwrap();
}

async fn get(router: &Router, path: &str, token: &str) -> (HeaderMap, String) {
    let response = router.clone().oneshot(request("GET", path, Some(token), None)).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert_eq!(parts.status, 200, "{text}");
    (parts.headers, text)
}

pub(crate) async fn export(house: &House, token: &str) -> String {
    get(&house.router, "/audit/export", token).await.1
}

pub(crate) fn faults(export: &str) -> Vec<Fault> {
    let mut verifier = Verifier::default();
    export.lines().for_each(|line| verifier.read(line));
    verifier.finish(Known::default()).faults
}

fn owner() -> OwnerId {
    OwnerId::of("test", "one")
}

async fn actions(house: &House, query: &str) -> Vec<String> {
    let page = house.call("GET", &format!("/audit/logs?{query}"), OWNER, None).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let entries = page.body["data"].as_array().unwrap().iter();
    let actions = entries.map(|entry| entry["action"].as_str().unwrap().to_owned());
    // Who asks has signed in.
    actions.filter(|action| action != "owner.signed_in").collect()
}

#[tokio::test]
async fn each_filter_lets_through_what_it_says() {
    let house = House::new();
    let id = ConnectionId::from_bytes([5; 16]);
    note(&house, owner(), entry(0, "owner.refused")).await;
    note(&house, owner(), Entry { connection: Some(id), ..entry(1_000, "call.denied") }).await;
    note(&house, owner(), Entry { result: Outcome::Done, ..entry(2_000, "owner.signed_out") }).await;
    let at = |number| entry(number, "").at;
    for (query, expected) in [
        (String::new(), vec!["owner.signed_out", "call.denied", "owner.refused"]),
        (format!("since={}", at(1_000)), vec!["owner.signed_out", "call.denied"]),
        (format!("until={}", at(1_000)), vec!["owner.refused"]),
        (format!("since={}&until={}", at(1), at(1_999)), vec!["call.denied"]),
        (format!("connection={id}"), vec!["call.denied"]),
        ("action=owner.*".to_owned(), vec!["owner.signed_out", "owner.refused"]),
        ("action=owner.refused".to_owned(), vec!["owner.refused"]),
        ("action=owner".to_owned(), vec![]),
        ("result=refused".to_owned(), vec!["call.denied", "owner.refused"]),
        ("result=done&action=call.*".to_owned(), vec![]),
    ] {
        assert_eq!(actions(&house, &query).await, expected, "{query}");
    }
    let since_and_until = format!("since={0}&until={0}", at(1_000));
    for query in
        ["limit=0", "cursor=x", "result=maybe", "connection=x", "since=today", "page=2", &since_and_until]
    {
        house.call("GET", &format!("/audit/logs?{query}"), OWNER, None).await.is_problem(400);
    }
    house.call("GET", "/audit/export?format=xml", OWNER, None).await.is_problem(400);
}

#[tokio::test]
async fn pages_go_on_where_they_ended_even_where_nothing_passes_the_filter() {
    let house = House::new();
    note(&house, owner(), entry(0, "owner.refused")).await;
    for number in 1..=1_100 {
        note(&house, owner(), entry(number, "call.denied")).await;
    }
    for (filter, found, calls) in [("limit=100", 1_102, 12), ("limit=3&action=owner.refused", 1, 2)] {
        let (mut seen, mut asked, mut query) = (Vec::new(), 0, filter.to_owned());
        loop {
            let page = house.call("GET", &format!("/audit/logs?{query}"), OWNER, None).await;
            seen.extend(page.body["data"].as_array().unwrap().iter().map(|entry| entry["id"].clone()));
            asked += 1;
            let Some(cursor) = page.body["next_cursor"].as_str() else { break };
            query = format!("{filter}&cursor={cursor}");
            house.call("GET", &format!("/audit/logs?{query}"), OTHER_OWNER, None).await.is_problem(400);
        }
        seen.dedup();
        assert_eq!((seen.len(), asked), (found, calls), "{filter}");
    }
}

#[tokio::test]
async fn an_entry_is_shown_before_it_is_sealed_and_to_its_owner_only() {
    let house = House::new();
    note(&house, owner(), entry(0, "call.denied")).await;
    let shown = house.call("GET", "/audit/logs", OWNER, None).await.body;
    assert_eq!((&shown["data"][0]["sealed"], &shown["data"][0]["seq"]), (&json!(false), &Value::Null));
    assert_eq!(export(&house, OWNER).await.lines().count(), 1, "what is not sealed is not exported");
    house.pump.drain().await.unwrap();
    let shown = house.call("GET", "/audit/logs", OWNER, None).await.body;
    assert_eq!((&shown["data"][0]["sealed"], &shown["data"][0]["seq"]), (&json!(true), &json!(3)));
    assert_eq!(export(&house, OWNER).await.lines().count(), 4, "with who signed in and exported");
    let others = house.call("GET", "/audit/logs", OTHER_OWNER, None).await.body;
    assert!(!others.to_string().contains("call.denied"), "{others}");
    assert_eq!(export(&house, OTHER_OWNER).await.lines().count(), 1);
    assert_eq!(faults(&export(&house, OTHER_OWNER).await)[0].what, What::NoEntry);
}

#[tokio::test]
async fn parts_of_an_export_are_the_export() {
    let house = House::new();
    for number in 0..250 {
        let reason = Some(format!("{number} {}", "long ".repeat(4_100)));
        note(&house, owner(), Entry { reason, ..entry(number, "call.denied") }).await;
    }
    house.pump.drain().await.unwrap();
    let in_parts = audit::routes(audit::Export::InParts).serve(house.app.clone());
    for (format, meanwhile) in [("jsonl", 1_000), ("csv", 2_000)] {
        let path = format!("/audit/export?format={format}");
        let (headers, whole) = get(&house.router, &path, OWNER).await;
        assert_eq!((whole.len() > 5_000_000, headers.get("link")), (true, None));
        let (mut parts, mut next, mut count) = (String::new(), Some(path), 0);
        while let Some(path) = next {
            let (headers, part) = get(&in_parts, &path, OWNER).await;
            assert!(part.len() < 6_000_000);
            parts.push_str(&part);
            count += 1;
            let link = headers.get("link").map(|link| link.to_str().unwrap());
            next = link.map(|link| link.strip_prefix('<').unwrap().split_once('>').unwrap().0.to_owned());
            // What comes meanwhile is not part of it.
            note(&house, owner(), entry(meanwhile + count, format)).await;
            house.pump.drain().await.unwrap();
        }
        assert!(parts == whole && count == 2, "{format}: {count} parts");
    }
    assert_eq!(faults(&export(&house, OWNER).await), []);
}

#[tokio::test]
async fn an_export_is_written_down_once_whoever_comes_for_its_parts() {
    let house = House::new();
    let said = async |owner: &str| {
        let page = house.call("GET", "/audit/logs?action=audit.exported", owner, None).await.body;
        let entries = page["data"].as_array().unwrap().iter();
        let mut said: Vec<_> = entries.map(|entry| entry["reason"].as_str().unwrap().to_owned()).collect();
        said.sort();
        said
    };
    export(&house, OWNER).await;
    for number in 0..250 {
        let reason = Some("long ".repeat(4_100));
        note(&house, owner(), Entry { reason, ..entry(number, "call.denied") }).await;
    }
    house.pump.drain().await.unwrap();
    let in_parts = audit::routes(audit::Export::InParts).serve(house.app.clone());
    let (headers, _) = get(&in_parts, "/audit/export?format=csv", OWNER).await;
    let next =
        headers["link"].to_str().unwrap().trim_start_matches('<').split_once('>').unwrap().0.to_owned();
    assert_eq!(get(&in_parts, &next, OWNER).await.0.get("link"), None);
    assert_eq!(said(OWNER).await, ["csv: 252 entries, 1 to 252", "jsonl: nothing"]);
    assert_eq!(said(OTHER_OWNER).await, [""; 0]);
}

#[tokio::test]
async fn a_spreadsheet_gets_no_formula() {
    let house = House::new();
    let reason = Some("=HYPERLINK(\"https://evil.example\",\"a\")".to_owned());
    note(&house, owner(), Entry { reason, from: Some("+1".to_owned()), ..entry(0, "call.denied") }).await;
    house.pump.drain().await.unwrap();
    let (headers, csv) = get(&house.router, "/audit/export?format=csv", OWNER).await;
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(headers["content-disposition"].to_str().unwrap().contains("larder-audit.csv"));
    let row = csv.lines().nth(1).unwrap();
    assert!(row.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"a\"\")\",,'+1,"), "{row}");
}

#[tokio::test]
async fn what_is_kept_for_less_leaves_no_gap() {
    let house = House::new();
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let settings = house.call("GET", "/audit/settings", OWNER, None).await;
    assert_eq!(settings.body, json!({ "audit_days": 365 }));
    for wrong in [json!({ "audit_days": 0 }), json!({ "audit_days": 3_651 }), json!({}), json!({ "days": 1 })]
    {
        house.call("PATCH", "/audit/settings", OWNER, Some(wrong)).await.is_problem(400);
    }
    let keep = async |days: i64| {
        let answer = house.call("PATCH", "/audit/settings", OWNER, Some(json!({ "audit_days": days }))).await;
        assert_eq!((answer.status.as_u16(), &answer.body["audit_days"]), (200, &json!(days)));
        house.pump.drain().await.unwrap();
    };
    let first = async || {
        let export = export(&house, OWNER).await;
        let first = serde_json::from_str::<Value>(export.lines().next().unwrap()).unwrap()["seq"].as_u64();
        assert_eq!(faults(&export).is_empty(), first.is_some());
        let last: Value = serde_json::from_str(export.lines().last().unwrap()).unwrap();
        assert_eq!(last["head"], house.call("GET", "/audit/head", OWNER, None).await.body);
        first
    };
    keep(2).await;
    house.clock.advance(days(1));
    keep(365).await;
    keep(1).await;
    keep(1).await;
    assert_eq!(actions(&house, "").await, ["settings.updated"; 3], "what changes nothing is not told");
    assert_eq!(first().await, Some(1));
    house.clock.advance(days(1));
    assert_eq!(first().await, Some(3), "the first two were kept for two days");
    house.clock.advance(days(363));
    assert_eq!(first().await, Some(3), "the fourth leaves no earlier than the third");
    house.clock.advance(days(1));
    assert_eq!(first().await, None);
    keep(30).await;
    assert_eq!(first().await, Some(5), "the chain goes on");
    assert_eq!(house.call("GET", "/audit/settings", OTHER_OWNER, None).await.body["audit_days"], 365);
}
