//! The name of a collection, which is its id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const MOST: usize = 48;

/// A lower-case letter, then lower-case letters, digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("pattern" = "^[a-z][a-z0-9_]{0,47}$"))]
pub struct CollectionName(String);

impl CollectionName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CollectionName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let is_letter = |byte: &u8| byte.is_ascii_lowercase();
        let fits = |byte: &u8| is_letter(byte) || byte.is_ascii_digit() || *byte == b'_';
        let bytes = text.as_bytes();
        if bytes.len() <= MOST && bytes.first().is_some_and(is_letter) && bytes.iter().all(fits) {
            Ok(Self(text))
        } else {
            Err(
                "a name such as `books` is expected: a lower-case letter, then at most 47 lower-case letters, digits \
                 and underscores",
            )
        }
    }
}

impl FromStr for CollectionName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for CollectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        let longest = format!("a{}", "b".repeat(47));
        for name in ["a", "a1_", "books", longest.as_str()] {
            assert_eq!(name.parse::<CollectionName>().unwrap().as_str(), name);
        }
        let too_long = format!("{longest}b");
        for text in ["", "1a", "_a", "A", "a-b", "a/b", "a b", "ä", "a\n", too_long.as_str()] {
            assert!(text.parse::<CollectionName>().is_err(), "{text}");
        }
    }
}
