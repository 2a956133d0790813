//! Fits JSON into its type, and says which place of it does not fit.

mod objects;

pub use objects::Objects;

use crate::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use std::fmt::{Display, Write as _};

/// A part of an input, found at `place`.
pub fn fit<T: DeserializeOwned>(part: Value, place: &str) -> Result<T> {
    serde_path_to_error::deserialize(Objects(part))
        .map_err(|error| misfit(&error, |steps| format!("{place}{}", pointer(steps))))
}

/// Names the place: serde's path leads to the value that does not fit; a field that is missing, unknown or
/// given twice is named in the message only.
pub fn misfit<E: Display>(error: &serde_path_to_error::Error<E>, place: impl Fn(&[&str]) -> String) -> Error {
    let message = error.inner().to_string();
    let message = plainly(&message);
    let steps: Vec<String> = error.path().iter().filter_map(step).collect();
    let mut steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    if let Some(name) = named.and_then(|rest| rest.split('`').next())
        && steps.last() != Some(&name)
    {
        steps.push(name);
    }
    Error::invalid(place(&steps), message)
}

/// What serde says, in words of JSON instead of Rust.
pub fn plainly(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    if message.ends_with("found in string") {
        return "a whole number is expected".to_owned();
    }
    let Some((found, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let tagged = ["struct ", "internally tagged enum ", "adjacently tagged enum "];
    let expected = match expected {
        "a map" => "an object",
        "a sequence" | "sequence" => "a list",
        "unit" => "null",
        "variant identifier" => "a name",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number",
        "f64" => "a number",
        rust if tagged.iter().any(|kind| rust.starts_with(kind)) => "an object",
        plain => plain,
    };
    let found = found.replacen("invalid type: map", "invalid type: object", 1);
    let found = found.replacen("invalid type: sequence", "invalid type: list", 1);
    format!("{found}, expected {expected}")
}

fn step(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// As RFC 6901 writes it.
pub fn pointer(steps: &[&str]) -> String {
    steps.iter().fold(String::new(), |mut pointer, step| {
        let _ = write!(pointer, "/{}", step.replace('~', "~0").replace('/', "~1"));
        pointer
    })
}

#[cfg(test)]
mod tests {
    use super::fit;
    use crate::{Error, link::Link};
    use serde_json::{Value, json};

    #[test]
    fn what_does_not_fit_is_told_in_words_of_json() {
        let told = |error: Error| match error {
            Error::Invalid { detail, .. } => detail,
            other => panic!("{other}"),
        };
        let link = |value: Value| told(fit::<Link>(value, "/links/0").unwrap_err());
        assert_eq!(link(json!(5)), "invalid type: integer `5`, expected an object");
        let number = |value: Value| told(fit::<u32>(value, "/limit").unwrap_err());
        assert_eq!(number(json!({})), "invalid type: object, expected a whole number");
        assert_eq!(
            told(fit::<Vec<u8>>(json!("x"), "").unwrap_err()),
            "invalid type: string \"x\", expected a list"
        );
    }
}
