use super::Shape;
use crate::Error;
use crate::fit::fit;
use serde_json::{Value, json};

fn shape(schema: Value) -> Shape {
    fit(schema, "/json_schema").unwrap()
}

fn wrong(schema: &Value, data: &Value) -> Option<String> {
    match shape(schema.clone()).check(data, "/data") {
        Ok(()) => None,
        Err(Error::Invalid { pointer, .. }) => Some(pointer),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn each_keyword_holds_at_its_bounds_and_not_beyond() {
    let long = |length: usize| json!({ "a": "ä".repeat(length) });
    let list = |length: usize| json!({ "a": vec![0; length] });
    let of = |inner: Value| json!({ "properties": { "a": inner } });
    for (schema, fits, misfits, place) in [
        (of(json!({ "type": "string" })), json!({ "a": "" }), json!({ "a": 1 }), "/data/a"),
        (of(json!({ "type": "integer" })), json!({ "a": 1.0 }), json!({ "a": 1.5 }), "/data/a"),
        (of(json!({ "type": "number" })), json!({ "a": 1.5 }), json!({ "a": "1" }), "/data/a"),
        (of(json!({ "type": "boolean" })), json!({ "a": true }), json!({ "a": 0 }), "/data/a"),
        (of(json!({ "type": "object" })), json!({ "a": {} }), json!({ "a": [] }), "/data/a"),
        (of(json!({ "type": ["array", "null"] })), json!({ "a": null }), json!({ "a": false }), "/data/a"),
        (of(json!({ "minimum": 2 })), json!({ "a": 2 }), json!({ "a": 1.9 }), "/data/a"),
        (of(json!({ "maximum": 2.5 })), json!({ "a": 2.5 }), json!({ "a": 3 }), "/data/a"),
        (of(json!({ "minLength": 2 })), long(2), long(1), "/data/a"),
        (of(json!({ "maxLength": 2 })), long(2), long(3), "/data/a"),
        (of(json!({ "minItems": 2 })), list(2), list(1), "/data/a"),
        (of(json!({ "maxItems": 2 })), list(2), list(3), "/data/a"),
        (of(json!({ "enum": ["x", 1, null] })), json!({ "a": 1.0 }), json!({ "a": "y" }), "/data/a"),
        (of(json!({ "const": null })), json!({ "a": null }), json!({ "a": 0 }), "/data/a"),
        (of(json!({ "uniqueItems": true })), json!({ "a": [1, 2] }), json!({ "a": [1, 1.0] }), "/data/a/1"),
        (
            of(json!({ "items": { "type": "null" } })),
            json!({ "a": [null] }),
            json!({ "a": [null, 1] }),
            "/data/a/1",
        ),
        (
            of(json!({ "format": "date" })),
            json!({ "a": "2027-02-28" }),
            json!({ "a": "2027-02-29" }),
            "/data/a",
        ),
        (
            of(json!({ "format": "date-time" })),
            json!({ "a": "2027-02-28T08:00:00+01:00" }),
            json!({ "a": "2027-02-28T08:00:00" }),
            "/data/a",
        ),
        (json!({ "required": ["a/b"] }), json!({ "a/b": 1 }), json!({}), "/data/a~1b"),
        (
            json!({ "properties": { "a": {} }, "additionalProperties": false }),
            json!({ "a": 1 }),
            json!({ "b": 1 }),
            "/data/b",
        ),
        (
            json!({ "properties": { "a": {} }, "additionalProperties": { "type": "string" } }),
            json!({ "a": 1, "b": "" }),
            json!({ "b": 1 }),
            "/data/b",
        ),
    ] {
        assert_eq!(wrong(&schema, &fits), None, "{schema} {fits}");
        assert_eq!(wrong(&schema, &misfits).as_deref(), Some(place), "{schema} {misfits}");
        assert_eq!(
            serde_json::to_value(shape(schema.clone())).unwrap(),
            schema,
            "it is kept as it was given"
        );
    }
}

#[test]
fn what_a_keyword_does_not_speak_of_it_lets_through() {
    let schema =
        json!({ "properties": { "a": { "minLength": 3, "minimum": 3, "minItems": 3, "required": ["x"] } } });
    assert_eq!(wrong(&schema, &json!({ "a": true })), None);
    assert_eq!(wrong(&json!({}), &json!({ "a": [{}] })), None);
}

#[test]
fn what_is_not_supported_is_refused_where_it_stands() {
    for (schema, place) in [
        (json!({ "$ref": "https://example.com/schema" }), "/json_schema/$ref"),
        (json!({ "properties": { "a": { "pattern": "(a+)+$" } } }), "/json_schema/properties/a/pattern"),
        (json!({ "items": { "anyOf": [] } }), "/json_schema/items/anyOf"),
        (json!({ "type": "text" }), "/json_schema/type"),
        (json!({ "type": [] }), "/json_schema/type"),
        (json!({ "format": "email" }), "/json_schema/format"),
        (json!({ "minimum": "1" }), "/json_schema/minimum"),
        (json!({ "maxLength": -1 }), "/json_schema/maxLength"),
        (json!({ "required": "a" }), "/json_schema/required"),
        (json!({ "additionalProperties": { "type": 1 } }), "/json_schema/additionalProperties/type"),
        (json!({ "enum": vec![0; 101] }), "/json_schema/enum"),
        (json!(true), "/json_schema"),
    ] {
        match fit::<Shape>(schema.clone(), "/json_schema") {
            Err(Error::Invalid { pointer, .. }) => assert_eq!(pointer, place, "{schema}"),
            other => panic!("{schema}: {other:?}"),
        }
    }
}

/// A list of many is looked at once, not once for each other.
#[test]
fn many_entries_are_told_apart_soon() {
    let many: Vec<_> = (0..30_000).collect();
    let schema = json!({ "properties": { "a": { "uniqueItems": true } } });
    assert_eq!(wrong(&schema, &json!({ "a": many })), None);
}
