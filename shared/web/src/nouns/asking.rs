//! What waits until the owner has said yes: a write that the grant would not allow without its rules that ask.

use super::Nouns;
use domain::access::{Scope, Shown};
use domain::approval::Asking;
use domain::noun::Rules;
use domain::operation::Operation;
use domain::text::is_plain;
use domain::{Error, Result};
use serde_json::Value;

/// Of what an item is called, so much is told.
const MOST_LETTERS: usize = 80;

impl<T: Rules> Nouns<'_, T> {
    /// Asked last, when all else allows it: nobody is asked about nonsense. `items` are as they were and as they will
    /// be, and `free` is what the grant is asked about each.
    pub(super) fn unasked<const N: usize>(
        &self,
        operation: &Operation,
        scope: &Scope<'_>,
        items: [&T; N],
        free: impl Fn(&Scope<'_>, &T) -> Result<()>,
    ) -> Result<()> {
        let seen = items.first().map(|item| item.version());
        if let (Some(approved), Some(seen)) = (self.call.approved(), seen) {
            return approved.is_about(seen);
        }
        let is_free = |scope: &Scope<'_>| items.iter().all(|item| free(scope, item).is_ok());
        if scope.unasked().as_ref().is_some_and(is_free) {
            return Ok(());
        }
        Err(asks(operation, items.first().and_then(|item| self.called(item)), seen))
    }

    /// The same of what a call does to many, before the first of them.
    pub(super) fn unasked_of_many(&self, operation: &Operation, scope: &Scope<'_>) -> Result<()> {
        if self.call.is_approved() || !scope.may_ask() {
            return Ok(());
        }
        Err(asks(operation, None, None))
    }

    /// What the caller knows it by.
    fn called(&self, item: &T) -> Option<String> {
        let reads = self.call.reads::<T>()?;
        let fields = Shown::of(item.clone(), &reads).ok()??.fields().ok()?;
        let text = T::FREE_TEXT.iter().find_map(|name| fields.get(*name).and_then(Value::as_str))?;
        Some(
            text.chars()
                .filter(|letter| is_plain(*letter) && !letter.is_control())
                .take(MOST_LETTERS)
                .collect(),
        )
    }
}

fn asks(operation: &Operation, about: Option<String>, seen: Option<u64>) -> Error {
    Error::Asks(Box::new(Asking { operation: operation.name, about, seen }))
}
