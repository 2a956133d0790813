//! What there is one of: the profile and the preferences, for connections and for their owner.

use crate::harness::{Answer, House, OTHER_OWNER, OWNER, request};
use http::HeaderValue;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const SECRET: &str = "afraid of spiders";

async fn tool(house: &House, key: &str, name: &str, arguments: Value) -> Value {
    let params = json!({ "name": name, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    house.call("POST", "/mcp", key, Some(call)).await.body["result"].clone()
}

async fn own(house: &House, patch: Value) -> Value {
    let answer = house.call("PATCH", "/owner/profile", OWNER, Some(patch)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn if_match(house: &House, key: &str, tag: &str, patch: Value) -> Answer {
    let mut request = request("PATCH", "/v1/profile", Some(key), Some(patch));
    request.headers_mut().insert("if-match", HeaderValue::from_str(tag).unwrap());
    house.send(request).await
}

fn points_at(answer: &Answer, pointer: &str) {
    assert_eq!(answer.is_problem(400).body["errors"][0]["pointer"], pointer, "{}", answer.body);
}

#[tokio::test]
async fn there_is_one_before_anybody_has_written_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let profile = house.call("GET", "/v1/profile", &key, None).await;
    assert_eq!(
        (profile.status.as_u16(), &profile.headers["etag"]),
        (200, &HeaderValue::from_static("\"0\""))
    );
    assert_eq!(profile.body, json!({ "id": "me", "version": 0 }));
    let preferences = house.call("GET", "/v1/preferences", &key, None).await;
    let defaults = json!({
        "id": "me", "version": 0, "tone": "friendly", "notifications": { "reminders": true, "daily_summary": false },
        "ai": { "allow_provider": false, "provider_order": [], "allow_sampling": false },
        "memory": { "auto_save": "ask" },
    });
    assert_eq!(preferences.body, defaults);
    let past = house.call("GET", "/v1/profile/history", &key, None).await;
    assert_eq!((past.status.as_u16(), &past.body["data"]), (200, &json!([])));

    // What changes nothing makes nothing; whoever has seen the defaults makes it once.
    let nothing = house.call("PATCH", "/v1/profile", &key, Some(json!({}))).await;
    assert_eq!((nothing.status.as_u16(), &nothing.body["version"]), (200, &json!(0)));
    let made =
        if_match(&house, &key, "\"0\"", json!({ "display_name": "Ada", "time_zone": "europe/vienna" })).await;
    assert_eq!((made.status.as_u16(), &made.headers["etag"]), (200, &HeaderValue::from_static("\"1\"")));
    assert_eq!(
        (&made.body["display_name"], &made.body["time_zone"]),
        (&json!("Ada"), &json!("Europe/Vienna"))
    );
    assert!(made.body["created_at"].is_string() && made.body["created_by"].is_string());
    if_match(&house, &key, "\"0\"", json!({ "display_name": "Eve" })).await.is_problem(412);
    let changed =
        tool(&house, &key, "update_profile", json!({ "language": "de_at", "expected_version": 1 })).await;
    assert_eq!(changed["structuredContent"]["version"], 2, "{changed}");
    let stale = tool(&house, &key, "update_profile", json!({ "locale": "en", "expected_version": 1 })).await;
    assert_eq!(stale["isError"], true);
    assert_eq!(tool(&house, &key, "get_profile", json!({})).await["structuredContent"]["locale"], "de-AT");

    let input = json!({ "kind": "api", "name": "other", "preset": "full_access" });
    let other = house.call("POST", "/connections", OTHER_OWNER, Some(input)).await.text("/key");
    assert_eq!(house.call("GET", "/v1/profile", &other, None).await.body["version"], 0);
    for (method, path) in [("POST", "/v1/profile"), ("DELETE", "/v1/profile"), ("DELETE", "/v1/preferences")]
    {
        house.call(method, path, &key, None).await.is_problem(405);
    }
}

#[tokio::test]
async fn each_is_also_called_as_it_was_first() {
    let house = House::new();
    let key = house.api("full_access").await;
    house.call("PATCH", "/profile", &key, Some(json!({ "about": "Me" }))).await;
    house.call("PATCH", "/preferences", &key, Some(json!({ "tone": "coach" }))).await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "books" }))).await;
    for (first, now) in
        [("/profile", "/v1/profile"), ("/preferences", "/v1/preferences"), ("/data", "/v1/collections")]
    {
        let (first, now) =
            (house.call("GET", first, &key, None).await, house.call("GET", now, &key, None).await);
        assert_eq!((first.status.as_u16(), first.body), (200, now.body));
    }
}

#[tokio::test]
async fn what_the_owner_hides_is_nowhere() {
    let house = House::new();
    let config = json!({ "target_url": "https://a.example", "events": ["profile.*"], "payload": "full" });
    let hook = json!({ "kind": "webhook", "name": "x", "config": config, "preset": "read_only" });
    house.connect(hook).await;
    let key = house.api("full_access").await;
    own(&house, json!({ "about": SECRET, "pronouns": "they" })).await;
    house.pump.drain().await.unwrap();
    let told = house.network.take();
    assert!(
        told.iter().any(|sent| sent.body.contains(SECRET)),
        "it is visible unless the owner says otherwise"
    );

    let seen = own(&house, json!({ "visible_to_agents": { "about": false } })).await;
    assert_eq!((&seen["about"], &seen["visible_to_agents"]), (&json!(SECRET), &json!({ "about": false })));
    own(&house, json!({ "visible_to_agents": { "pronouns": false } })).await;
    own(&house, json!({ "about": format!("{SECRET}, still") })).await;
    let seen = own(&house, json!({ "display_name": "Ada" })).await;
    assert_eq!(
        seen["visible_to_agents"],
        json!({ "about": false, "pronouns": false }),
        "one more, not instead"
    );
    house.pump.drain().await.unwrap();

    let told = house.network.take();
    assert!(!told.is_empty() && told.iter().all(|sent| !sent.body.contains(SECRET)), "a webhook is told");
    let changes = house.call("GET", "/v1/changes", &key, None).await;
    assert_eq!(
        changes.body["data"].as_array().unwrap().len(),
        4,
        "what makes a copy let go: {}",
        changes.body
    );
    let (csv, xml) = (wanted(&house, &key, "text/csv").await, wanted(&house, &key, "application/xml").await);
    let preview = json!({ "kind": "api", "name": "y", "preset": "read_only" });
    let preview = house.call("POST", "/connections/preview", OWNER, Some(preview)).await;
    let said = [
        house.call("GET", "/v1/profile", &key, None).await.body,
        house.call("GET", "/profile", &key, None).await.body,
        house.call("GET", "/v1/profile/history", &key, None).await.body,
        changes.body,
        house.call("PATCH", "/v1/profile", &key, Some(json!({ "locale": "en" }))).await.body,
        tool(&house, &key, "get_profile", json!({})).await,
        tool(&house, &key, "update_profile", json!({ "locale": "de" })).await,
        json!(xml),
    ];
    for said in said {
        let said = said.to_string();
        assert!(said.contains("Ada"), "{said}");
        for hidden in [SECRET, "about", "pronouns", "they", "visible_to_agents"] {
            assert!(!said.contains(hidden), "{hidden}: {said}");
        }
    }
    assert!(!preview.body["resources"].to_string().contains("afr…"), "{}", preview.body);
    // As if it had never been said.
    assert!(csv.contains("Ada") && !csv.contains(SECRET) && !csv.contains("they"), "{csv}");
    let asked = house.call("GET", "/v1/profile?fields=about,locale", &key, None).await.body;
    assert!(asked["locale"] == "de" && asked.get("about").is_none(), "{asked}");
}

/// In another form than JSON.
async fn wanted(house: &House, key: &str, media: &str) -> String {
    let mut request = request("GET", "/v1/profile", Some(key), None);
    request.headers_mut().insert("accept", HeaderValue::from_str(media).unwrap());
    let answer = house.router.clone().oneshot(request).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_connection_writes_nothing_that_is_hidden_and_does_not_decide_what_is() {
    let house = House::new();
    let key = house.api("full_access").await;
    own(&house, json!({ "about": SECRET, "visible_to_agents": { "about": false } })).await;
    for (patch, pointer) in [
        (json!({ "about": "x" }), "/about"),
        (json!({ "about": 5 }), "/about"),
        (json!({ "visible_to_agents": { "about": true } }), "/visible_to_agents"),
        (json!({ "visible_to_agents": 1 }), "/visible_to_agents"),
    ] {
        let refused = house.call("PATCH", "/v1/profile", &key, Some(patch.clone())).await;
        points_at(&refused, pointer);
        assert!(refused.text("/detail").contains("unknown field"), "{}", refused.body);
        assert_eq!(tool(&house, &key, "update_profile", patch).await["isError"], true);
    }
    let listed = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = house.call("POST", "/mcp", &key, Some(listed)).await.body.to_string();
    assert!(listed.contains("update_profile") && !listed.contains("visible_to_agents"));
    assert_eq!(house.call("GET", "/owner/profile", OWNER, None).await.body["about"], SECRET);
    house.call("GET", "/owner/profile", &key, None).await.is_problem(403);
    let unknown = json!({ "visible_to_agents": { "shoe_size": false } });
    points_at(
        &house.call("PATCH", "/owner/profile", OWNER, Some(unknown)).await,
        "/visible_to_agents/shoe_size",
    );
}

#[tokio::test]
async fn a_mask_hides_and_guards_a_profile_like_anything_else() {
    let house = House::new();
    own(&house, json!({ "about": SECRET, "display_name": "Ada" })).await;
    let grant =
        json!([{ "resource": "profile", "actions": ["read", "write"], "fields": { "deny": ["about"] } }]);
    let (_, narrow) = house.connect(json!({ "kind": "api", "name": "x", "grant": grant })).await;
    let seen = house.call("GET", "/v1/profile", &narrow, None).await;
    assert!(seen.body["display_name"] == "Ada" && !seen.body.to_string().contains(SECRET), "{}", seen.body);
    points_at(&house.call("PATCH", "/v1/profile", &narrow, Some(json!({ "about": "x" }))).await, "/about");
    house.call("GET", "/v1/preferences", &narrow, None).await.is_problem(403);
}

#[tokio::test]
async fn what_a_connection_wrote_of_it_is_told_kept_and_undone() {
    let house = House::new();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "agent", "preset": "full_access" })).await;
    house.call("PATCH", "/v1/preferences", &key, Some(json!({ "tone": "coach" }))).await;
    own(&house, json!({ "about": "mine", "display_name": "Ada" })).await;
    house.clock.advance(jiff::SignedDuration::from_secs(1));
    house.call("PATCH", "/v1/profile", &key, Some(json!({ "about": "the agent's" }))).await;
    house.pump.drain().await.unwrap();
    let past = house.call("GET", "/v1/profile/history", &key, None).await;
    assert_eq!((&past.body["data"][0]["by"], &past.body["data"][1]["by"]), (&json!("own"), &json!("owner")));
    let undo = json!({ "since": "2027-01-15T00:00:00Z" });
    let undone = house.call("POST", &format!("/connections/{id}/undo"), OWNER, Some(undo)).await;
    assert_eq!(undone.body["counts"]["reverted"], 1, "{}", undone.body);
    assert_eq!(undone.body["counts"]["removed"], 1, "{}", undone.body);
    assert_eq!(house.call("GET", "/v1/profile", &key, None).await.body["about"], "mine");
    let preferences = house.call("GET", "/v1/preferences", &key, None).await.body;
    assert_eq!((&preferences["version"], &preferences["tone"]), (&json!(0), &json!("friendly")));
    assert_eq!(house.call("GET", "/v1/trash", &key, None).await.body["data"], json!([]));
    // Made again, its versions go on, so that no two changes have the same.
    let again = house.call("PATCH", "/v1/preferences", &key, Some(json!({ "tone": "minimal" }))).await;
    assert_eq!((&again.body["version"], &again.body["tone"]), (&json!(3), &json!("minimal")));
    house.pump.drain().await.unwrap();
    let past = house.call("GET", "/v1/preferences/history", &key, None).await;
    assert_eq!(past.body["data"].as_array().unwrap().len(), 3, "{}", past.body);
}

#[tokio::test]
async fn preferences_refer_to_what_their_writer_sees() {
    let house = House::new();
    let key = house.api("full_access").await;
    let area =
        house.call("POST", "/v1/life-areas", &key, Some(json!({ "name": "Health" }))).await.text("/id");
    let grant = json!([{ "resource": "preferences", "actions": ["read", "write"] }]);
    let (_, blind) = house.connect(json!({ "kind": "api", "name": "blind", "grant": grant })).await;
    let patch = json!({ "default_life_area_id": area });
    let refused = house.call("PATCH", "/v1/preferences", &blind, Some(patch.clone())).await;
    points_at(&refused, "/default_life_area_id");
    let set = house.call("PATCH", "/v1/preferences", &key, Some(patch)).await;
    assert_eq!(set.body["default_life_area_id"], json!(area));
    let same = json!({ "notifications": { "quiet_hours": { "from": "22:00", "to": "22:00" } } });
    points_at(
        &house.call("PATCH", "/v1/preferences", &key, Some(same)).await,
        "/notifications/quiet_hours/to",
    );
}
