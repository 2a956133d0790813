//! Changes that have a name.

use super::Noun;
use crate::operation::Operation;

/// A change that has a name of its own. What is so already it leaves as it is.
#[derive(Debug)]
pub struct Deed<T: Noun> {
    pub does: &'static Operation,
    pub says: &'static str,
    /// What it changes.
    pub field: &'static str,
    pub patch: fn(&T) -> T::Patch,
}
