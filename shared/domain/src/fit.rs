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
    let message = message.split(" at line ").next().unwrap_or(&message);
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
