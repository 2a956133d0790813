//! JSON that somebody else decides on: an object of bounded size.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::ops::Deref;

/// At most `MAX` bytes when written without spaces.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct Object<const MAX: usize>(Map<String, Value>);

/// How deep it may go: deeper than anybody means, far from what a reader's stack bears.
const DEEPEST: usize = 32;

impl<const MAX: usize> Deref for Object<MAX> {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<Map<String, Value>> for Object<MAX> {
    type Error = String;

    fn try_from(fields: Map<String, Value>) -> Result<Self, String> {
        if fields.values().any(|value| !is_shallow(value, DEEPEST - 1)) {
            return Err(format!("at most {DEEPEST} levels of lists and objects"));
        }
        let size = serde_json::to_string(&fields).map_err(|error| error.to_string())?.len();
        if size > MAX { Err(format!("at most {MAX} bytes of JSON, not {size}")) } else { Ok(Self(fields)) }
    }
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    let deeper = |value: &Value| levels > 0 && is_shallow(value, levels - 1);
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(deeper),
        Value::Object(fields) => levels > 0 && fields.values().all(deeper),
        _ => true,
    }
}

impl<const MAX: usize> JsonSchema for Object<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("ObjectTo{MAX}").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let description = format!("Any JSON object of at most {MAX} bytes.");
        json_schema!({ "type": "object", "description": description, "additionalProperties": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fits(value: Value) -> bool {
        serde_json::from_value::<Object<64>>(value).is_ok()
    }

    #[test]
    fn its_bytes_and_its_depth_are_bounded() {
        let of = |length: usize| json!({ "a": "x".repeat(length) });
        assert!(fits(of(64 - 8)) && !fits(of(64 - 7)));
        let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "": inner }));
        let deep = |levels| serde_json::from_value::<Object<4096>>(nested(levels)).is_ok();
        assert!(deep(DEEPEST) && !deep(DEEPEST + 1));
        assert!(!fits(json!([])) && !fits(json!("a")));
    }
}
