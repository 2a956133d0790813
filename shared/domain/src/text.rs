//! Text and lists of bounded length: whoever holds one knows that it was checked.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

/// Between `MIN` and `MAX` characters of any script, without control characters other than tab and line feed. A line
/// that ends as on Windows ends with a line feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// At most `MAX` entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = if text.contains('\r') { text.replace("\r\n", "\n") } else { text };
        let length = text.chars().count();
        if length < MIN || length > MAX {
            return Err(format!("{MIN} to {MAX} characters, not {length}"));
        }
        if MIN > 0 && text.trim().is_empty() {
            return Err("it is blank".to_owned());
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err("control characters are not allowed".to_owned());
        }
        Ok(Self(text))
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T, const MAX: usize> TryFrom<Vec<T>> for List<T, MAX> {
    type Error = String;

    fn try_from(list: Vec<T>) -> Result<Self, String> {
        if list.len() > MAX {
            Err(format!("at most {MAX} entries, not {}", list.len()))
        } else {
            Ok(Self(list))
        }
    }
}

/// Tells `null` (clear it) from absent (leave it).
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What shows as itself: nothing that steers a line, turns it round or is not seen at all.
pub fn is_plain(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

impl<const MIN: usize, const MAX: usize> JsonSchema for Text<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MIN}To{MAX}").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": MIN, "maxLength": MAX })
    }
}

impl<T: JsonSchema, const MAX: usize> JsonSchema for List<T, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}To{MAX}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "maxItems": MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        assert!(Text::<1, 3>::try_from("äöü".to_owned()).is_ok());
        assert!(Text::<1, 3>::try_from("abcd".to_owned()).is_err());
        assert!(Text::<1, 3>::try_from("  ".to_owned()).is_err());
        assert!(Text::<0, 3>::try_from(String::new()).is_ok());
        assert!(Text::<1, 9>::try_from("a\u{0}b".to_owned()).is_err());
    }

    #[test]
    fn lines_end_with_a_line_feed() {
        let kept = |text: &str| Text::<1, 5>::try_from(text.to_owned()).map(|text| text.0);
        assert_eq!(kept("a\r\nb\r\n"), Ok("a\nb\n".to_owned()), "and count as one character");
        assert!(kept("a\rb").is_err() && kept("a\r\r\nb").is_err());
    }
}
