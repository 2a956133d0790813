//! The forms in which `/v1` is read: JSON, CSV and XML.

use crate::conventions::with;
use crate::harness::{House, request};
use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// An answer that is no JSON: its kind, and its text.
async fn told(house: &House, path: &str, key: &str, accept: &str) -> (String, String) {
    let mut asked: Request<Body> = request("GET", path, Some(key), None);
    asked.headers_mut().insert(header::ACCEPT, accept.parse().unwrap());
    let answer = house.router.clone().oneshot(asked).await.unwrap();
    let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (kind, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn lists_and_items_come_in_three_forms() {
    let house = House::new();
    let key = house.api("full_access").await;
    let new = json!({ "title": "=1+1, \"x\" <b>&\u{fffe}", "labels": ["a", "b"], "due": "2027-01-15" });
    let id = house.call("POST", "/v1/tasks", &key, Some(new)).await.text("/id");
    let one = format!("/v1/tasks/{id}?fields=title,due,labels,description");
    let list = "/v1/tasks?fields=title,due,labels,description";
    let csv = format!(
        "id,title,labels,description,due,version\r\n{id},\"'=1+1, \"\"x\"\" <b>&\u{fffe}\",\"[\"\"a\"\",\"\"b\"\"]\",,2027-01-15,1\r\n"
    );
    for path in [one.as_str(), list] {
        let (kind, text) = told(&house, path, &key, "application/json;q=0.9, text/csv").await;
        assert_eq!((kind.as_str(), &text), ("text/csv; charset=utf-8", &csv));
    }
    let task = format!(
        "<task><due>2027-01-15</due><id>{id}</id><labels><item>a</item><item>b</item></labels>\
         <title>=1+1, &quot;x&quot; &lt;b&gt;&amp;\u{fffd}</title><version>1</version></task>"
    );
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let (kind, text) = told(&house, &one, &key, "application/xml").await;
    assert_eq!((kind.as_str(), text), ("application/xml; charset=utf-8", format!("{head}{task}")));
    let (_, text) = told(&house, list, &key, "application/xml").await;
    assert_eq!(text, format!("{head}<tasks>{task}</tasks>"));
    for path in [one.as_str(), list] {
        let refused = with(&house, "GET", path, &key, None, &[("accept", "text/html")]).await;
        refused.is_problem(406);
        for accept in ["*/*", "text/csv"] {
            let answer = with(&house, "GET", path, &key, None, &[("accept", accept)]).await;
            assert_eq!(answer.headers["vary"], "Accept");
        }
        let problem = with(&house, "GET", "/v1/tasks?limit=0", &key, None, &[("accept", "text/csv")]).await;
        problem.is_problem(400);
    }
}

#[tokio::test]
async fn what_a_mask_hides_is_no_column() {
    let house = House::new();
    let key = house.api("full_access").await;
    let new = json!({ "title": "Milk", "description": "SECRET" });
    house.call("POST", "/v1/tasks", &key, Some(new)).await;
    let grant =
        json!([{ "resource": "tasks", "actions": ["read"], "fields": { "allow": ["title", "status"] } }]);
    let config = json!({ "response_format": "csv" });
    let input = json!({ "kind": "api", "name": "sheet", "grant": grant, "config": config });
    let (_, sheet) = house.connect(input).await;
    let (kind, text) = told(&house, "/v1/tasks", &sheet, "*/*").await;
    assert_eq!(kind, "text/csv; charset=utf-8", "as the connection is set up");
    assert_eq!(text.lines().next(), Some("id,title,status,version"));
    assert!(!text.contains("SECRET"));
    let (kind, text) = told(&house, "/v1/tasks", &sheet, "application/json").await;
    assert_eq!(kind, "application/json", "unless the call says otherwise");
    assert!(!text.contains("SECRET"));
    let (_, text) = told(&house, "/v1/tasks", &sheet, "application/xml").await;
    assert!(text.contains("<title>Milk</title>") && !text.contains("SECRET"));
}

#[tokio::test]
async fn a_link_leads_to_the_next_page_in_every_form() {
    let house = House::new();
    let key = house.api("full_access").await;
    for n in 0..5 {
        house.task(&key, &format!("task {n}")).await;
    }
    for accept in ["application/json", "text/csv", "application/xml"] {
        let (mut path, mut pages) = ("/v1/tasks?fields=title&limit=2".to_owned(), 0);
        loop {
            let page = with(&house, "GET", &path, &key, None, &[("accept", accept)]).await;
            assert_eq!(page.status, 200, "{path}");
            pages += 1;
            let Some(link) = page.headers.get("link") else { break };
            let (next, rel) = link.to_str().unwrap().split_once('>').unwrap();
            assert_eq!(rel, "; rel=\"next\"");
            path = next.strip_prefix('<').unwrap().to_owned();
            assert!(path.starts_with("/v1/tasks?fields=title&limit=2&cursor="), "{path}");
        }
        assert_eq!(pages, 3, "{accept}");
    }
    let input = json!({ "kind": "api", "name": "q", "preset": "read_only", "config": { "key_in": "query" } });
    let (_, other) = house.connect(input).await;
    let page = house.send(request("GET", &format!("/v1/tasks?limit=2&api_key={other}"), None, None)).await;
    assert!(!page.headers["link"].to_str().unwrap().contains("lrd_"), "no key stands in an answer");
}

#[tokio::test]
async fn what_is_no_item_comes_in_three_forms_too() {
    let house = House::new();
    let key = house.api("full_access").await;
    let id = house.task(&key, "=1+1").await;
    let gone = house.task(&key, "Milk").await;
    house.call("DELETE", &format!("/v1/tasks/{gone}"), &key, None).await;
    let memory = json!({ "content": "Anna is allergic to nuts", "type": "fact" });
    house.call("POST", "/v1/memories", &key, Some(memory)).await;
    house.pump.drain().await.unwrap();
    for (path, root, column) in [
        ("/v1/stats".to_owned(), "stats", "tasks.total"),
        ("/v1/progress?period=7d".to_owned(), "progress", "this.completed"),
        ("/v1/daily/2027-01-15".to_owned(), "daily", "date"),
        ("/v1/trash".to_owned(), "trash", "item.title"),
        ("/v1/changes".to_owned(), "changes", "object.title"),
        (format!("/v1/tasks/{id}/history"), "history", "after.title"),
        ("/v1/profile/history".to_owned(), "history", ""),
    ] {
        let (kind, text) = told(&house, &path, &key, "text/csv").await;
        assert_eq!(kind, "text/csv; charset=utf-8", "{path}");
        let columns: Vec<_> = text.lines().next().unwrap_or_default().split(',').collect();
        assert!(columns.contains(&column), "{path}: {text}");
        assert!(!text.contains(",=1+1"), "no cell is a formula: {text}");
        let (kind, text) = told(&house, &path, &key, "application/xml").await;
        assert_eq!(kind, "application/xml; charset=utf-8", "{path}");
        let head = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>");
        assert!(text.starts_with(&head) && text.ends_with(&format!("</{root}>")), "{path}: {text}");
        let (kind, text) = told(&house, &path, &key, "application/json").await;
        assert_eq!(kind, "application/json", "{path}");
        assert!(serde_json::from_str::<Value>(&text).unwrap().is_object(), "{path}: {text}");
        with(&house, "GET", &path, &key, None, &[("accept", "text/html")]).await.is_problem(406);
    }
    house.call("GET", "/v1/trash?fields=id", &key, None).await.is_problem(400);
    let asked = json!({ "query": "nuts" });
    let csv = [("accept", "text/csv")];
    let found = with(&house, "POST", "/v1/memories/search", &key, Some(asked), &csv).await;
    assert_eq!(found.headers["content-type"], "text/csv; charset=utf-8");
}

#[tokio::test]
async fn a_connection_is_told_everything_in_the_form_that_it_is_set_up_for() {
    let house = House::new();
    let config = json!({ "response_format": "xml" });
    let input = json!({ "kind": "api", "name": "x", "preset": "full_access", "config": config });
    let (_, key) = house.connect(input).await;
    let title = Some(json!({ "title": "Milk" }));
    assert_eq!(
        house.call("POST", "/v1/tasks", &key, title).await.headers["content-type"],
        "application/xml; charset=utf-8"
    );
    for path in ["/v1/tasks", "/v1/stats", "/v1/changes", "/v1/trash", "/v1/preferences"] {
        let (kind, text) = told(&house, path, &key, "*/*").await;
        assert_eq!(kind, "application/xml; charset=utf-8", "{path}: {text}");
    }
    let (kind, _) = told(&house, "/v1/daily/2027-01-15", &key, "*/*").await;
    assert_eq!(kind, "text/markdown; charset=utf-8", "prose is for whoever likes nothing better");
}

#[tokio::test]
async fn records_and_collections_have_their_own_columns() {
    let house = House::new();
    let key = house.api("full_access").await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "books", "title": "Books" }))).await;
    let record = json!({ "data": { "title": "Dune" } });
    house.call("POST", "/v1/collections/books/records", &key, Some(record)).await;
    let columns = async |path: &str| {
        let (_, text) = told(&house, path, &key, "text/csv").await;
        text.lines().next().unwrap().to_owned()
    };
    let (collections, records) =
        (columns("/v1/collections").await, columns("/v1/collections/books/records").await);
    assert!(collections.contains("json_schema") && !collections.contains("data"), "{collections}");
    assert!(records.contains("data") && !records.contains("json_schema"), "{records}");
    let path = "/v1/collections/books/records?fields=json_schema";
    house.call("GET", path, &key, None).await.is_problem(400);
}

#[tokio::test]
async fn a_link_leads_through_changes_and_the_trash() {
    let house = House::new();
    let key = house.api("full_access").await;
    for n in 0..3 {
        let id = house.task(&key, &format!("task {n}")).await;
        house.call("DELETE", &format!("/v1/tasks/{id}"), &key, None).await;
    }
    house.pump.drain().await.unwrap();
    for (first, parameter) in [("/v1/trash?limit=2", "cursor"), ("/v1/changes?limit=2", "since")] {
        let page = with(&house, "GET", first, &key, None, &[("accept", "text/csv")]).await;
        let link = page.headers["link"].to_str().unwrap();
        assert!(link.starts_with(&format!("<{first}&{parameter}=")), "{link}");
        let next = link.trim_start_matches('<').split('>').next().unwrap();
        let next = with(&house, "GET", next, &key, None, &[("accept", "application/json")]).await;
        assert_eq!(next.status, 200);
        assert!(!next.body["data"].as_array().unwrap().is_empty());
    }
}
