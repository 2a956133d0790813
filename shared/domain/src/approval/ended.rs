//! What became of a call that was approved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the call ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ApprovedAnswer")]
pub struct Ended {
    /// As a client of REST would have got it.
    pub status: u16,
    /// The problem, or id and version of what was written; the connection reads the rest as its grant allows.
    pub body: Value,
}

/// How many of how many things were refused, and why the first of them was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused<'a> {
    pub count: usize,
    pub of: usize,
    pub why: &'a str,
}

impl Ended {
    /// `None` if everything was done.
    pub fn refused(&self) -> Option<Refused<'_>> {
        fn why(problem: &Value) -> &str {
            problem.get("detail").and_then(Value::as_str).unwrap_or_default()
        }
        if self.status >= 400 {
            return Some(Refused { count: 1, of: 1, why: why(&self.body) });
        }
        let each = self.body.as_array()?;
        let mut problems = each.iter().filter_map(|one| one.get("problem"));
        let first = problems.next()?;
        Some(Refused { count: 1 + problems.count(), of: each.len(), why: why(first) })
    }

    pub fn is_refused(&self) -> bool {
        self.refused().is_some_and(|refused| refused.count == refused.of)
    }
}
