//! Prompts: fixed texts, behind which what was given and what is stored stand as data.

use super::legacy;
use crate::harness::{Answer, House};
use serde_json::{Value, json};

async fn get(house: &House, key: &str, name: &str, arguments: Value) -> Answer {
    legacy(house, key, "prompts/get", json!({ "name": name, "arguments": arguments })).await
}

#[tokio::test]
async fn every_prompt_brings_what_it_speaks_of() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal =
        house.call("POST", "/v1/goals", &key, Some(json!({ "title": "Learn to swim" }))).await.text("/id");
    for (name, arguments, uris) in [
        ("daily_planning", json!({}), vec!["larder://me/today".to_owned()]),
        ("daily_planning", json!({ "date": "2027-02-01" }), vec!["larder://me/daily/2027-02-01".to_owned()]),
        ("weekly_review", json!({}), vec!["larder://me/profile".to_owned(), "larder://me/today".to_owned()]),
        ("decompose_goal", json!({ "goal_id": goal }), vec![format!("larder://goals/{goal}/context")]),
        ("decompose_goal", json!({ "goal": "Walk more", "context": "no time" }), vec![]),
        ("reflect", json!({ "topic": "Work" }), vec![]),
        ("plan_from_memory", json!({ "topic": "Italy" }), vec![]),
    ] {
        let got = get(&house, &key, name, arguments.clone()).await;
        let messages = got.body["result"]["messages"].as_array().unwrap_or_else(|| panic!("{}", got.body));
        assert_eq!(messages[0]["content"]["type"], "text");
        let shown: Vec<_> =
            messages[1..].iter().map(|one| one["content"]["resource"]["uri"].as_str().unwrap()).collect();
        assert_eq!(shown, uris, "{name}");
        let text = messages[0]["content"]["text"].as_str().unwrap();
        for (name, value) in arguments.as_object().unwrap() {
            assert!(text.contains(&format!("* {name}: {value}\n")), "{text}");
        }
        assert!(!text.contains("Learn to swim"), "{text}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_argument_is_said() {
    let house = House::new();
    let key = house.api("full_access").await;
    for (name, arguments, said) in [
        ("plan_from_memory", json!({}), "/arguments/topic: it is needed"),
        ("reflect", json!({ "subject": "x" }), "there are: topic"),
        ("reflect", json!({ "topic": 5 }), "a text of at most"),
        ("reflect", json!({ "topic": "x".repeat(2_001) }), "a text of at most"),
        ("daily_planning", json!({ "date": "tomorrow" }), "/arguments/date: it leads to nothing"),
        (
            "decompose_goal",
            json!({ "goal_id": "goal_06hhgq2g000000000000000000" }),
            "/arguments/goal_id: it leads to nothing",
        ),
        ("nothing", json!({}), "there is no prompt `nothing`"),
    ] {
        let refused = get(&house, &key, name, arguments).await;
        assert_eq!(refused.body["error"]["code"], -32602, "{}", refused.body);
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{message}");
    }
    let reader = house.api("read_only").await;
    let refused = get(&house, &reader, "decompose_goal", json!({ "goal": "x" })).await;
    assert_eq!(refused.body["error"]["message"], "/name: there is no prompt `decompose_goal`");
}
