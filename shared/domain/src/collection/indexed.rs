//! A field of records' data by which they can be asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A letter or underscore, then letters, digits and underscores; none of the words that every list knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("pattern" = "^[A-Za-z_][A-Za-z0-9_]{0,59}$"))]
pub struct IndexedField(String);

const MOST: usize = 60;
const TAKEN: [&str; 9] =
    ["limit", "cursor", "fields", "api_key", "collection", "sort", "tag", "label", "time_zone"];

impl IndexedField {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IndexedField {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |(at, byte): (usize, u8)| {
            byte == b'_' || byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit()
        };
        if TAKEN.contains(&text.as_str()) {
            return Err(format!("lists know `{text}` as something else; name the field otherwise"));
        }
        if (1..=MOST).contains(&text.len()) && text.bytes().enumerate().all(fits) {
            Ok(Self(text))
        } else {
            Err("the name of a field such as `author` is expected: a letter, then at most 59 letters, digits and \
                 underscores"
                .to_owned())
        }
    }
}
