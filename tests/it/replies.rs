//! What was written is told in the form that its writer wants, as what is read.

use crate::conventions::with;
use crate::harness::{House, request};
use http::response::Parts;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The head of an answer, and its text.
async fn sent(
    house: &House,
    (method, path): (&str, &str),
    key: &str,
    body: Option<Value>,
    headers: &[(&'static str, &str)],
) -> (Parts, String) {
    let mut request = request(method, path, Some(key), body);
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    let (head, body) = house.router.clone().oneshot(request).await.unwrap().into_parts();
    (head, String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

#[tokio::test]
async fn a_write_is_answered_as_a_read_of_what_it_wrote() {
    let house = House::new();
    let key = house.api("full_access").await;
    let new = || Some(json!({ "title": "=1+1", "labels": ["a"] }));
    for (accept, kind) in
        [("text/csv", "text/csv; charset=utf-8"), ("application/xml", "application/xml; charset=utf-8")]
    {
        let form = [("accept", accept)];
        let (head, made) = sent(&house, ("POST", "/v1/tasks"), &key, new(), &form).await;
        assert_eq!((head.status.as_u16(), head.headers["content-type"].to_str().unwrap()), (201, kind));
        assert_eq!(head.headers["vary"], "Accept");
        let path = head.headers["location"].to_str().unwrap().to_owned();
        let (of_read, read) = sent(&house, ("GET", &path), &key, None, &form).await;
        assert_eq!((&made, &head.headers["etag"]), (&read, &of_read.headers["etag"]));
        let tag = head.headers["etag"].to_str().unwrap().to_owned();
        let guarded = [("accept", accept), ("if-match", tag.as_str())];
        let title = Some(json!({ "title": "Milk" }));
        for (call, body) in [
            (("PATCH", path.clone()), title.clone()),
            (("PUT", path.clone()), title),
            (("POST", format!("{path}/complete")), None),
        ] {
            let guarded = if call.0 == "PATCH" { &guarded[..] } else { &form };
            let (head, written) = sent(&house, (call.0, &call.1), &key, body, guarded).await;
            assert_eq!(head.status, 200, "{call:?}: {written}");
            let (of_read, read) = sent(&house, ("GET", &path), &key, None, &form).await;
            assert_eq!((written, &head.headers["etag"]), (read, &of_read.headers["etag"]), "{call:?}");
        }
        house.call("DELETE", &path, &key, None).await;
        let (head, back) = sent(&house, ("POST", &format!("{path}/restore")), &key, None, &form).await;
        assert_eq!(
            (head.status.as_u16(), head.headers["content-type"].to_str().unwrap()),
            (200, kind),
            "{back}"
        );
        let (head, put) =
            sent(&house, ("PUT", "/v1/tasks/task_00000000000000000000000004"), &key, new(), &form).await;
        assert!(head.headers["content-type"] == kind, "{put}");
    }
    let (head, said) = sent(
        &house,
        ("PATCH", "/v1/profile"),
        &key,
        Some(json!({ "name": "Ada" })),
        &[("accept", "text/csv")],
    )
    .await;
    assert!(head.status == 200 && said.contains(",Ada,"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_answered_is_not_written() {
    let house = House::new();
    let key = house.api("full_access").await;
    for (path, body) in [
        ("/v1/tasks", json!({ "title": "Milk" })),
        ("/v1/tasks/batch", json!({ "items": [{ "title": "Milk" }] })),
    ] {
        with(&house, "POST", path, &key, Some(body), &[("accept", "text/html")]).await.is_problem(406);
    }
    let nobody =
        with(&house, "POST", "/v1/tasks", "lrd_x", Some(json!({})), &[("accept", "text/html")]).await;
    nobody.is_problem(401);
    assert_eq!(house.call("GET", "/v1/tasks", &key, None).await.body["data"], json!([]));
}

#[tokio::test]
async fn a_repeat_may_want_another_form() {
    let house = House::new();
    let key = house.api("full_access").await;
    let mut answers = Vec::new();
    for accept in ["application/json", "text/csv", "application/xml", "application/json"] {
        let headers = [("accept", accept), ("idempotency-key", "k1")];
        let new = Some(json!({ "title": "Milk" }));
        let (head, text) = sent(&house, ("POST", "/v1/tasks"), &key, new, &headers).await;
        assert_eq!(head.status, 201);
        assert_eq!(head.headers.contains_key("idempotency-replayed"), !answers.is_empty());
        let id = head.headers["location"].to_str().unwrap().trim_start_matches("/v1/tasks/").to_owned();
        assert!(text.contains(&id) && text.contains("Milk"), "{text}");
        answers.push(text);
    }
    assert_eq!(answers[0], answers[3]);
    assert!(answers[1].starts_with("id,") && answers[2].starts_with(&format!("{HEAD}<task>")));
}

#[tokio::test]
async fn a_batch_tells_line_by_line() {
    let house = House::new();
    let key = house.api("full_access").await;
    let items = json!({ "items": [{ "title": "=1+1" }, {}] });
    let csv = [("accept", "text/csv")];
    let (head, text) = sent(&house, ("POST", "/v1/tasks/batch"), &key, Some(items.clone()), &csv).await;
    assert_eq!((head.status.as_u16(), text.lines().count()), (207, 3), "{text}");
    let columns: Vec<_> = text.lines().next().unwrap().split(',').collect();
    assert!(
        ["index", "status", "item.title", "problem.detail"].iter().all(|it| columns.contains(it)),
        "{text}"
    );
    let xml = [("accept", "application/xml")];
    let (head, text) = sent(&house, ("POST", "/v1/tasks/batch"), &key, Some(items), &xml).await;
    assert_eq!(head.status, 207);
    assert!(text.starts_with(&format!("{HEAD}<batch>")), "{text}");
}

#[tokio::test]
async fn a_writer_that_may_not_read_learns_no_more_in_any_form() {
    let house = House::new();
    let grant = json!([{ "resource": "tasks", "actions": ["write"] }]);
    let config = json!({ "response_format": "csv" });
    let input = json!({ "kind": "api", "name": "w", "grant": grant, "config": config });
    let (_, key) = house.connect(input).await;
    let new = || Some(json!({ "title": "Milk" }));
    let (head, text) = sent(&house, ("POST", "/v1/tasks"), &key, new(), &[]).await;
    let id = head.headers["location"].to_str().unwrap().trim_start_matches("/v1/tasks/");
    assert_eq!(text, format!("id,version\r\n{id},1\r\n"), "as the connection is set up");
    let minimal = [("prefer", "return=minimal"), ("accept", "application/xml")];
    let (head, text) = sent(&house, ("POST", "/v1/tasks"), &key, new(), &minimal).await;
    assert_eq!((head.status.as_u16(), text.as_str()), (201, ""));
    assert_eq!(head.headers["preference-applied"], "return=minimal");
}
