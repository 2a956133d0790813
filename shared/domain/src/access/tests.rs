use super::*;
use crate::id::LifeAreaId;
use crate::text::List;
use Action::{Delete, Read, Write};

const ME: ConnectionId = ConnectionId::from_bytes([1; 16]);
const OTHER: ConnectionId = ConnectionId::from_bytes([2; 16]);

fn ask(action: Action, resource: Resource) -> Ask {
    Ask { by: ME, action, resource, at: Timestamp::UNIX_EPOCH }
}

fn grant(json: serde_json::Value) -> Grant {
    serde_json::from_value(json).unwrap()
}

#[test]
fn an_empty_grant_allows_nothing() {
    for resource in Resource::ALL {
        for action in Action::ALL {
            assert!(decide(&Grant::default(), ask(action, resource)).is_err());
        }
    }
}

#[test]
fn presets_widen_step_by_step_and_never_reach_connections() {
    for (preset, expected) in
        Preset::ALL.into_iter().zip([[true, false, false], [true, true, false], [true, true, true]])
    {
        let allowed =
            |resource| [Read, Write, Delete].map(|a| decide(&preset.grant(), ask(a, resource)).is_ok());
        assert_eq!(allowed(Resource::Memories), expected);
        assert_eq!(allowed(Resource::Connections), [false; 3]);
    }
}

#[test]
fn rules_add_up_item_by_item() {
    let grant = grant(serde_json::json!([
        { "resource": "tasks", "actions": ["read"], "fields": { "allow": ["title"] } },
        { "resource": "tasks", "actions": ["read", "write"], "only": { "own": true } },
    ]));
    checked(&grant).unwrap();
    let (own, foreign) =
        ([ME, OTHER]).map(|by| Subject { created_by: Some(by), ..Subject::default() }).into();
    let read = decide(&grant, ask(Read, Resource::Tasks)).unwrap();
    assert!(!read.is_whole());
    assert!(read.of(&own).unwrap().shows("description"));
    assert!(!read.of(&foreign).unwrap().shows("description") && read.of(&foreign).unwrap().shows("title"));
    let write = decide(&grant, ask(Write, Resource::Tasks)).unwrap();
    assert!(write.of(&own).is_some() && write.of(&foreign).is_none());
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let whole = serde_json::json!({ "resource": "tasks", "actions": ["read"] });
    let with = |more: serde_json::Value| {
        let mut rule = whole.as_object().unwrap().clone();
        rule.extend(more.as_object().unwrap().clone());
        serde_json::Value::Object(rule)
    };
    let area = LifeAreaId::from_bytes([0; 16]);
    let cases = [
        (vec![with(serde_json::json!({ "actions": [] }))], "/grant/0/actions"),
        (vec![whole.clone(), whole.clone()], "/grant/1"),
        (vec![with(serde_json::json!({ "fields": { "deny": ["due"] } })), whole.clone()], "/grant/0"),
        (vec![with(serde_json::json!({ "fields": { "deny": ["id"] } }))], "/grant/0/fields"),
        (vec![with(serde_json::json!({ "fields": { "allow": [] } }))], "/grant/0/fields"),
        (vec![with(serde_json::json!({ "fields": { "allow": ["salary"] } }))], "/grant/0/fields"),
        (
            vec![with(serde_json::json!({ "actions": ["write"], "fields": { "deny": ["title"] } }))],
            "/grant/0/fields",
        ),
        (vec![with(serde_json::json!({ "only": {} }))], "/grant/0/only"),
        (vec![with(serde_json::json!({ "only": { "collections": ["books"] } }))], "/grant/0/only"),
        (vec![with(serde_json::json!({ "resource": "profile", "only": { "own": true } }))], "/grant/0/only"),
        (
            vec![with(serde_json::json!({ "resource": "integrations", "only": { "life_areas": [area] } }))],
            "/grant/0/only",
        ),
        (vec![with(serde_json::json!({ "when": {} }))], "/grant/0/when"),
        (
            vec![with(
                serde_json::json!({ "when": { "not_before": "2026-02-01T00:00:00Z", "not_after": "2026-01-01T00:00:00Z" } }),
            )],
            "/grant/0/when",
        ),
        (
            vec![with(
                serde_json::json!({ "when": { "hours": { "from": "09:00", "to": "09:00", "time_zone": "UTC" } } }),
            )],
            "/grant/0/when",
        ),
        (vec![with(serde_json::json!({ "resource": "connections", "actions": ["write"] }))], "/grant/0"),
        (vec![with(serde_json::json!({ "ask": true }))], "/grant/0/ask"),
        (
            vec![
                with(serde_json::json!({ "actions": ["write"], "ask": true })),
                with(serde_json::json!({ "actions": ["write"] })),
            ],
            "/grant/0",
        ),
    ];
    for (rules, place) in cases {
        let grant = grant(serde_json::json!(rules));
        match checked(&grant) {
            Err(Error::Invalid { pointer, .. }) => assert_eq!(pointer, place, "{rules:?}"),
            other => panic!("{rules:?}: {other:?}"),
        }
    }
    let many = Grant((0..51).map(|_| Rule::whole(Resource::Goals, [Read].into())).collect());
    assert!(matches!(checked(&many), Err(Error::Invalid { pointer, .. }) if pointer == "/grant"));
    let _: List<Tag, 1> = List::default();
}
