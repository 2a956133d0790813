//! A short name for file names and configurations, unique among one owner's connections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;

const MOST: usize = 60;

/// Lower-case letters and digits, in groups with one hyphen between them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("maxLength" = MOST, "pattern" = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
pub struct Slug(String);

impl Slug {
    /// Of any name; what is in no Latin script leaves nothing, and then it is the fallback.
    pub fn of(name: &str, fallback: &str) -> Self {
        let letters = name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
        let plain: String = letters
            .flat_map(char::to_lowercase)
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let groups: Vec<&str> = plain.split('-').filter(|group| !group.is_empty()).collect();
        let slug = groups.join("-");
        let slug = slug.get(..MOST).unwrap_or(&slug).trim_end_matches('-');
        Self(if slug.is_empty() { fallback } else { slug }.to_owned())
    }

    /// Another one like it, for a name that is taken.
    pub fn with_ending(&self, ending: &str) -> Self {
        let room = MOST.saturating_sub(ending.len() + 1);
        let start = self.0.get(..room).unwrap_or(&self.0).trim_end_matches('-');
        Self(format!("{start}-{ending}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Slug {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let group = |group: &str| {
            !group.is_empty() && group.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.len() <= MOST && text.split('-').all(group) {
            Ok(Self(text))
        } else {
            Err("1 to 60 lower-case letters and digits, with single hyphens between them, are expected")
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_has_one() {
        for (name, slug) in [
            ("Claude Desktop - Personal", "claude-desktop-personal"),
            ("  Büro & Café №5 ", "buro-cafe-no5"),
            ("日本語", "mcp"),
            ("---", "mcp"),
            ("İstanbul ﬁle", "istanbul-file"),
            ("'; rm -rf /", "rm-rf"),
        ] {
            let made = Slug::of(name, "mcp");
            assert_eq!(made.as_str(), slug, "{name}");
            assert_eq!(Slug::try_from(made.as_str().to_owned()), Ok(made));
        }
        let long = Slug::of(&"ab ".repeat(100), "mcp");
        assert!(long.as_str().len() <= MOST && Slug::try_from(long.to_string()).is_ok());
        assert!(Slug::try_from(long.with_ending("7f3k").to_string()).is_ok());
    }

    #[test]
    fn others_are_refused() {
        for text in ["", "-", "a-", "-a", "a--b", "A", "ä", "a b", "a/b", &"a".repeat(61)] {
            assert!(Slug::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
