//! What an owner is shown, and what comes of the answer.

use super::flow::{BACK, allow, connection, form, let_in, page, post, register, seen, tool, trade, wanted};
use crate::harness::{House, OTHER_OWNER, OWNER, request};
use http::header;
use jiff::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_where_it_leads() {
    let house = House::new();
    let client = register(&house).await;
    let shown = page(&house, &wanted(&client), Some(OWNER)).await;
    assert_eq!(shown.status, 200);
    for said in ["<b>Notes</b>", "<b>app.example</b>", "see and to add and change your data"] {
        assert!(shown.text.contains(said), "{said}: {}", shown.text);
    }
    assert!(!shown.text.contains("tasks.delete"), "it did not ask for that");
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.ends_with("form-action 'self' https://app.example"), "{policy}");
    assert_eq!(shown.headers["referrer-policy"], "same-origin");
    assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
    let nobody = page(&house, &wanted(&client), None).await;
    assert!(nobody.status == 200 && !nobody.text.contains("name=\"request\""));
    let key = house.api("full_access").await;
    assert_eq!(page(&house, &wanted(&client), Some(&key)).await.status, 403, "a connection is no owner");
}

#[tokio::test]
async fn a_yes_makes_a_connection_that_may_do_what_was_left_checked() {
    let house = House::new();
    let client = register(&house).await;
    let given =
        allow(&house, &wanted(&client), |name| name.starts_with("tasks.") || name == "goals.read").await;
    assert_eq!(given.status, 303, "{}", given.text);
    assert!(given.location().unwrap().starts_with(&format!("{BACK}&code=lrdq_")));
    assert_eq!(given.told("iss").as_deref(), Some("http://larder.test"));
    assert_eq!(given.told("state").as_deref(), Some("st&te"));
    let path = format!("/connections/{}", connection(&house).await);
    let made = house.call("GET", &path, OWNER, None).await.body;
    assert_eq!((&made["kind"], &made["name"], &made["apps"]), (&json!("mcp"), &json!("Notes"), &json!([])));
    let grant = json!([
        { "resource": "goals", "actions": ["read"] },
        { "resource": "tasks", "actions": ["read", "write"] },
    ]);
    assert_eq!(made["grant"], grant);

    let code = given.told("code").unwrap();
    let answer = post(&house, "/token", &trade(&client, &code)).await;
    assert_eq!((answer.status.as_u16(), answer.text("/scope").as_str()), (200, "larder:read larder:write"));
    assert_eq!((&answer.body["token_type"], &answer.body["expires_in"]), (&json!("Bearer"), &json!(900)));
    let access = answer.text("/access_token");
    assert_eq!(
        tool(&house, &access, "create_task", json!({ "title": "Milk" })).await.body["result"]["isError"],
        false
    );
    let apps = house.call("GET", &path, OWNER, None).await.body["apps"].clone();
    assert_eq!((&apps[0]["app"], &apps[0]["host"]), (&json!("Notes"), &json!("app.example")));
    assert!(!apps.to_string().contains("lrd"), "{apps}");
}

#[tokio::test]
async fn an_owner_may_want_to_be_asked_before_each_change() {
    let house = House::new();
    let client = register(&house).await;
    let shown = page(&house, &wanted(&client), Some(OWNER)).await;
    assert!(shown.text.contains("Ask me in the dashboard before each change"), "{}", shown.text);
    let request = shown.sealed();
    let chosen = [
        ("request", request.as_str()),
        ("decision", "allow"),
        ("connection", "new"),
        ("tasks.read", "on"),
        ("tasks.write", "on"),
        ("goals.read", "on"),
        ("ask", "on"),
    ];
    let given = seen(&house, form("/consent", &chosen, Some(OWNER))).await;
    assert_eq!(given.status, 303, "{}", given.text);
    let made = house.call("GET", &format!("/connections/{}", connection(&house).await), OWNER, None).await;
    let grant = json!([
        { "resource": "goals", "actions": ["read"] },
        { "resource": "tasks", "actions": ["read", "write"], "ask": true },
    ]);
    assert_eq!(made.body["grant"], grant);
    assert_eq!(made.body["config"]["ask_in"], "dashboard", "no app answers for its owner");
}

#[tokio::test]
async fn a_no_is_told_and_makes_nothing() {
    let house = House::new();
    let client = register(&house).await;
    let sealed = page(&house, &wanted(&client), Some(OWNER)).await.sealed();
    for decision in ["deny", "", "maybe"] {
        let pairs = [("request", sealed.as_str()), ("decision", decision), ("tasks.read", "on")];
        let told = seen(&house, form("/consent", &pairs, Some(OWNER))).await;
        assert_eq!((told.status, told.told("error").as_deref()), (303, Some("access_denied")));
        assert_eq!(told.told("code"), None);
    }
    let nothing =
        [("request", sealed.as_str()), ("decision", "allow"), ("connection", "new"), ("tasks.delete", "on")];
    assert_eq!(
        seen(&house, form("/consent", &nothing, Some(OWNER))).await.status,
        400,
        "only what was asked for"
    );
    let listed = house.call("GET", "/connections", OWNER, None).await;
    assert_eq!(listed.body["data"], json!([]));
}

#[tokio::test]
async fn no_code_comes_but_of_the_page_that_this_owner_was_shown() {
    let house = House::new();
    let client = register(&house).await;
    let sealed = page(&house, &wanted(&client), Some(OWNER)).await.sealed();
    let answer = async |sealed: &str, owner: Option<&str>| {
        let pairs = [("request", sealed), ("decision", "allow"), ("connection", "new"), ("tasks.read", "on")];
        let said = seen(&house, form("/consent", &pairs, owner)).await;
        (said.status, said.told("code").is_some())
    };
    assert_eq!(answer(&sealed, Some(OTHER_OWNER)).await, (400, false), "it is another owner's page");
    assert_eq!(answer(&sealed, None).await, (401, false));
    assert_eq!(answer("", Some(OWNER)).await, (400, false));
    for at in (0..sealed.len()).step_by(7) {
        let mut bent = sealed.clone();
        bent.replace_range(at..=at, if &sealed[at..=at] == "A" { "B" } else { "A" });
        assert_eq!(answer(&bent, Some(OWNER)).await, (400, false), "{at}");
    }
    house.clock.advance(SignedDuration::from_secs(599));
    assert_eq!(answer(&sealed, Some(OWNER)).await, (303, true));
    assert_eq!(answer(&sealed, Some(OWNER)).await, (400, false), "it was pressed twice");
    connection(&house).await;
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(answer(&sealed, Some(OWNER)).await, (400, false));
    let json =
        request("POST", "/consent", Some(OWNER), Some(json!({ "request": sealed, "decision": "allow" })));
    assert_eq!(seen(&house, json).await.status, 400);
}

/// In a browser that is signed in on a laptop.
#[tokio::test]
async fn another_site_cannot_press_the_button() {
    use crate::sign_in::{at, open, own, send, session};
    let (host, ..) = &open();
    let cookie = session(host).await;
    let metadata = r#"{"client_name":"Notes","redirect_uris":["https://app.example/back"]}"#;
    let (_, _, made) = send(host, at("POST", "/register"), metadata).await;
    let made: Value = serde_json::from_str(&made).unwrap();
    let asked = super::flow::but(wanted(made["client_id"].as_str().unwrap()), "resource", None);
    let asked = super::flow::but(asked, "redirect_uri", Some("https://app.example/back"));
    let path = format!("/consent?{}", super::flow::encoded(&asked));
    let (status, _, page) = send(host, at("GET", &path), "").await;
    assert!(status == 200 && page.contains("larder sign-in"), "{page}");
    let (status, _, page) = send(host, own("GET", &path, &cookie), "").await;
    assert_eq!(status, 200, "{page}");
    let sealed = page.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = format!("request={sealed}&decision=allow&tasks.read=on").leak() as &str;
    let kind = "application/x-www-form-urlencoded";
    let foreign = at("POST", "/consent").header("cookie", &cookie).header("content-type", kind);
    let foreign = foreign.header("origin", "https://evil.example");
    assert_eq!(send(host, foreign, body).await.0, 403);
    let (status, headers, _) =
        send(host, own("POST", "/consent", &cookie).header("content-type", kind), body).await;
    assert_eq!(status, 303);
    assert!(
        headers["location"].to_str().unwrap().contains("iss=http%3A%2F%2F127.0.0.1%3A4747"),
        "{headers:?}"
    );
}

/// What is stored, all of it, lets nobody in.
#[tokio::test]
async fn no_token_and_no_code_lies_in_the_store() {
    use domain::id::OwnerId;
    use domain::table::{Query, Table as _};
    let house = House::new();
    let client = register(&house).await;
    let code = super::flow::code_for(&house, &client).await;
    let unused = super::flow::code_for(&house, &client).await;
    let first = super::flow::Tokens::of(&post(&house, "/token", &trade(&client, &code)).await);
    let second = super::flow::Tokens::of(&super::flow::refresh(&house, &client, &first.refresh).await);
    house.pump.drain().await.unwrap();
    let secrets = [code, unused, first.access, first.refresh, second.access, second.refresh];
    let mut seen = 0;
    for owner in [OwnerId::of("test", "one"), OwnerId::LARDER] {
        for row in house.store.query(&Query::prefix(owner, "")).await.unwrap().rows {
            seen +=
                usize::from(["code/", "family/", "conn/"].iter().any(|kind| row.key.sort.starts_with(kind)));
            for secret in &secrets {
                let (start, rest) = secret.rsplit_once('_').unwrap();
                let held = format!("{} {}", row.key.sort, row.body);
                assert!(!held.contains(rest) && !held.contains(start), "{held}");
            }
        }
    }
    assert_eq!(seen, 5, "two codes, two connections and a family");
}

#[tokio::test]
async fn an_app_that_asks_again_is_offered_what_it_has() {
    let house = House::new();
    let client = register(&house).await;
    let first = let_in(&house, &client).await;
    let id = connection(&house).await;
    let path = format!("/connections/{id}");
    let narrow = json!({ "grant": [{ "resource": "tasks", "actions": ["read"] }] });
    assert_eq!(house.call("PATCH", &path, OWNER, Some(narrow)).await.status, 200);
    let shown = page(&house, &wanted(&client), Some(OWNER)).await;
    assert!(shown.text.contains(&id) && shown.text.contains("<li>tasks: see</li>"), "{}", shown.text);
    let sealed = shown.sealed();
    let again = async |connection: &str| {
        let pairs = [
            ("request", sealed.as_str()),
            ("decision", "allow"),
            ("connection", connection),
            ("tasks.write", "on"),
        ];
        seen(&house, form("/consent", &pairs, Some(OWNER))).await
    };
    let code = again(&id).await.told("code").unwrap();
    let answer = post(&house, "/token", &trade(&client, &code)).await;
    assert_eq!(answer.text("/scope"), "larder:read", "the grant stays as it is");
    assert_eq!(connection(&house).await, id);
    for access in [first.access, answer.text("/access_token")] {
        assert_eq!(super::flow::status(&house, &access).await, 200, "both logins hold");
    }
    // What it may do stays, but who wants to be asked is.
    let asks =
        [("request", sealed.as_str()), ("decision", "allow"), ("connection", id.as_str()), ("ask", "on")];
    let write = json!({ "grant": [{ "resource": "tasks", "actions": ["read", "write"] }, { "resource": "goals", "actions": ["read"] }] });
    assert_eq!(house.call("PATCH", &path, OWNER, Some(write)).await.status, 200);
    for _ in 0..2 {
        let given = seen(&house, form("/consent", &asks, Some(OWNER))).await;
        assert_eq!(given.status, 303, "{}", given.text);
    }
    let asking = house.call("GET", &path, OWNER, None).await;
    let grant = json!([{ "resource": "tasks", "actions": ["read", "write"], "ask": true }, { "resource": "goals", "actions": ["read"] }]);
    assert_eq!((&asking.body["grant"], &asking.body["config"]["ask_in"]), (&grant, &json!("dashboard")));
    assert!(again(&id).await.told("code").is_some());
    assert_eq!(house.call("GET", &path, OWNER, None).await.body["grant"], grant, "nobody unticks it here");
    // Another connection is none of this app's.
    let (other, _) = house.connect(json!({ "kind": "mcp", "name": "other", "preset": "full_access" })).await;
    assert_eq!(again(&other).await.status, 400);
    assert_eq!(again("conn_x").await.status, 400);
    house.call("POST", &format!("{path}/pause"), OWNER, None).await;
    assert_eq!(again(&id).await.status, 400);
}
