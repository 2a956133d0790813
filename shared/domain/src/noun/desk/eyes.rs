//! What there is, for whoever writes.

use super::Desk;
use crate::access::{self, Action, Item, Scope};
use crate::connection::Connection;
use crate::noun::Noun;
use crate::{Error, Result};

impl Desk<'_> {
    /// What an item refers to, if whoever writes can see it. `place` is where it is referred to. Only what is taken in
    /// may refer to what is not there.
    pub async fn referred<T: Noun>(&self, id: T::Id, place: &str) -> Result<Option<T>> {
        match self.found::<T>(id).await?.filter(|item| self.sees(item)) {
            None if !self.takes_in() => Err(Error::invalid(place, Error::NotFound(T::NAME).to_string())),
            seen => Ok(seen),
        }
    }

    /// With everyone's eyes.
    pub async fn found<T: Noun>(&self, id: T::Id) -> Result<Option<T>> {
        Ok(self.shelf::<T>().some([id]).await?.into_iter().next().flatten())
    }

    /// This id, if what it names is still there.
    pub async fn still<T: Noun>(&self, id: Option<T::Id>) -> Result<Option<T::Id>> {
        let Some(id) = id else { return Ok(None) };
        Ok(self.found::<T>(id).await?.map(|item| item.id()))
    }

    /// Those that there are.
    pub async fn found_all<T: Noun>(&self, ids: impl IntoIterator<Item = T::Id>) -> Result<Vec<T>> {
        let mut ids = ids.into_iter().peekable();
        if ids.peek().is_none() {
            return Ok(Vec::new());
        }
        Ok(self.shelf::<T>().some(ids).await?.into_iter().flatten().collect())
    }

    pub fn sees<T: Item>(&self, item: &T) -> bool {
        self.covers(Action::Read, item)
    }

    pub fn covers<T: Item>(&self, action: Action, item: &T) -> bool {
        self.eyes.is_none_or(|eyes| self.scope(eyes, action, item).is_some())
    }

    /// Whether whoever writes can see this field of it.
    pub fn shows<T: Item>(&self, item: &T, field: &str) -> bool {
        let seen = |eyes| self.scope(eyes, Action::Read, item);
        self.eyes.is_none_or(|eyes| seen(eyes).is_some_and(|scope| scope.shows(field)))
    }

    fn scope<'c, T: Item>(&self, eyes: &'c Connection, action: Action, item: &T) -> Option<Scope<'c>> {
        let ask = access::Ask { by: eyes.id, action, resource: T::RESOURCE, at: self.writer.at };
        access::decide(&eyes.grant, ask).ok()?.of(&item.subject())
    }
}
