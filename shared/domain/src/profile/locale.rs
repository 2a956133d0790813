//! In which language, and which form of it, somebody is spoken to.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A language tag as in BCP 47: `de-AT`, `zh-Hant-TW`. Written in its usual case, whichever was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Locale(String);

const LONGEST: usize = 35;
const PATTERN: &str = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$";

impl TryFrom<String> for Locale {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let (mut tag, mut is_extension) = (String::new(), false);
        for (nth, part) in text.split(['-', '_']).enumerate() {
            let fits = match nth {
                0 => (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic()),
                _ => (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            };
            if !fits || text.len() > LONGEST {
                return Err("a language such as `en`, `de-AT` or `zh-Hant-TW` is expected");
            }
            is_extension |= nth > 0 && part.len() == 1;
            let is_word = part.bytes().all(|byte| byte.is_ascii_alphabetic());
            tag.push_str(if nth > 0 { "-" } else { "" });
            match (nth, part.len()) {
                (1.., 2) if is_word && !is_extension => tag.push_str(&part.to_ascii_uppercase()),
                (1.., 4) if is_word && !is_extension => {
                    let start = tag.len();
                    tag.push_str(&part.to_ascii_lowercase());
                    tag.get_mut(start..=start).into_iter().for_each(str::make_ascii_uppercase);
                }
                _ => tag.push_str(&part.to_ascii_lowercase()),
            }
        }
        Ok(Self(tag))
    }
}

impl JsonSchema for Locale {
    fn schema_name() -> Cow<'static, str> {
        "Locale".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN, "maxLength": LONGEST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_written_as_usual_and_nonsense_is_refused() {
        for (given, kept) in [
            ("en", "en"),
            ("DE_at", "de-AT"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("en-US-u-ca-GREG", "en-US-u-ca-greg"),
        ] {
            assert_eq!(Locale::try_from(given.to_owned()).unwrap().0, kept);
        }
        let long = format!("en{}", "-abcdefgh".repeat(4));
        for tag in ["", "e", "english", "en-", "-en", "en--US", "en US", "1n", "en-toolongtag", "dé", &long]
        {
            assert!(Locale::try_from(tag.to_owned()).is_err(), "{tag}");
        }
    }
}
