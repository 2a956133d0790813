//! JSON values as XML 1.0: fields are elements, the items of a list are `item`s, what is null is empty.

use serde_json::{Map, Value};

pub(super) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn object(out: &mut String, fields: &Map<String, Value>) {
    for (name, value) in fields {
        element(out, name, value);
    }
}

/// A field's own name may be anything where people name fields: what is no name in XML stands in an attribute.
pub(super) fn element(out: &mut String, name: &str, value: &Value) {
    if is_name(name) {
        open(out, name, None);
        inner(out, value);
        close(out, name);
    } else {
        open(out, "field", Some(name));
        inner(out, value);
        close(out, "field");
    }
}

pub(super) fn open(out: &mut String, tag: &str, name: Option<&str>) {
    out.push('<');
    out.push_str(tag);
    if let Some(name) = name {
        out.push_str(" name=\"");
        text(out, name);
        out.push('"');
    }
    out.push('>');
}

pub(super) fn close(out: &mut String, tag: &str) {
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

fn inner(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(said) => text(out, said),
        Value::Array(items) => items.iter().for_each(|item| element(out, "item", item)),
        Value::Object(fields) => object(out, fields),
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    let first = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == b'_');
    // Names that begin so belong to XML itself.
    let reserved = name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("xml"));
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-' | b'.');
    first && !reserved && letters.all(fits)
}

/// Line ends and tabs as references, so that no reader makes spaces of them; what XML cannot hold at all is replaced.
fn text(out: &mut String, said: &str) {
    for letter in said.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_value_has_its_form() {
        let value = json!({
            "title": "a <b> & \"c\"\r\n\t\u{1}\u{ffff}é",
            "tags": ["x", 1, null, ["y"]],
            "of": { "done": true, "1st": -0.5, "a b\"": {}, "xmlns": "z", "": [] },
        });
        let mut out = String::new();
        object(&mut out, value.as_object().unwrap());
        assert_eq!(
            out,
            "<of><field name=\"\"></field><field name=\"1st\">-0.5</field><field name=\"a b&quot;\"></field>\
             <done>true</done><field name=\"xmlns\">z</field></of>\
             <tags><item>x</item><item>1</item><item></item><item><item>y</item></item></tags>\
             <title>a &lt;b&gt; &amp; &quot;c&quot;&#13;&#10;&#9;\u{fffd}\u{fffd}é</title>"
        );
    }
}
