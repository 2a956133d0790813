//! What a call can do with the nouns of an owner's data; every face goes through here.

mod asking;
mod batch;
mod deed;
mod goals;
mod list;
mod make;
mod plan;
mod put;
mod restore;

pub use batch::Batch;
pub use goals::{Deleting, TheirFate};
pub use plan::{Applied, Applying, Decomposed, Decomposing};

use crate::body::{Sent, Within};
use crate::call::Call;
use crate::precondition::{Expected, expect_version};
use crate::problem::Problem;
use domain::access::{Action, Scope, Shown};
use domain::collection::CollectionName;
use domain::noun::{self, Desk, Noun, Rules, canonical};
use domain::operation::Operation;
use domain::{Error, Result};
use serde::{Serialize, Serializer};
use std::marker::PhantomData;

pub struct Nouns<'a, T> {
    call: &'a Call,
    /// The collection outside of which there is nothing.
    within: Option<CollectionName>,
    /// What is written is one of many things that the call does.
    is_part: bool,
    noun: PhantomData<fn() -> T>,
}

/// What a writer gets back: what it may read of the item, or, if that is nothing, only what it needs to go on.
#[derive(Debug)]
pub struct Written<T: Noun> {
    pub id: T::Id,
    pub version: u64,
    /// Otherwise it was there already, and nothing was written.
    pub is_new: bool,
    seen: Option<Shown<T>>,
}

impl<T: Noun> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Unseen<'a, Id> {
            id: &'a Id,
            version: u64,
        }
        match &self.seen {
            Some(shown) => shown.serialize(serializer),
            None => Unseen { id: &self.id, version: self.version }.serialize(serializer),
        }
    }
}

impl<T: Noun> Written<T> {
    fn of(item: T, reads: Option<&Scope<'_>>) -> Result<Self> {
        let (id, version) = (item.id(), item.version());
        let seen = reads.map(|reads| Shown::of(item, reads)).transpose()?.flatten();
        Ok(Self { id, version, is_new: true, seen })
    }
}

impl<'a, T: Rules> Nouns<'a, T> {
    pub fn of(call: &'a Call) -> Self {
        Self { call, within: None, is_part: false, noun: PhantomData }
    }

    /// Those in the collection that the path names, if it names one.
    pub fn within(self, within: Within) -> Self {
        Self { within: within.0, ..self }
    }

    pub async fn get(&self, id: T::Id) -> Result<(Shown<T>, u64), Problem> {
        let (scope, item) = self.call.may(&T::DOES.get, self.find(id)).await?;
        let version = item.version();
        let shown = Shown::of(item, &scope)?.ok_or(Error::NotFound(T::NAME))?;
        Ok((shown, version))
    }

    /// `expected` is the version that the caller has seen, if it says.
    pub async fn update(
        &self,
        id: T::Id,
        patch: Sent<T::Patch>,
        expected: Expected,
    ) -> Result<Written<T>, Problem> {
        let (scope, item) = self.seen(&T::DOES.update, id, expected).await?;
        let names = names::<T, _>(&patch);
        // Before anything is read or compared: what a caller cannot see it cannot guess either.
        within(&scope, &item, &names)?;
        let patch = read(&scope, patch, &names)?;
        let desk = self.desk().await?;
        let patched = item.clone().patched(patch, &desk.writer);
        let may = |after: &T| {
            within(&scope, after, &names)?;
            let free = |scope: &Scope<'_>, item: &T| within(scope, item, &names);
            self.unasked(&T::DOES.update, &scope, [&item, after], free)
        };
        let item = match self.is_unseen(&item, names.iter().map(String::as_str)).await? {
            true => desk.replace_unseen(&item, patched, may).await?,
            false => desk.replace(&item, patched, may).await?,
        };
        self.written(item).await
    }

    pub async fn delete(&self, id: T::Id, expected: Expected) -> Result<(), Problem> {
        let (scope, item) = self.seen(&T::DOES.delete, id, expected).await?;
        self.unasked(&T::DOES.delete, &scope, [&item], |scope, item| within(scope, item, &[]))?;
        Ok(self.desk().await?.trash(&item).await?)
    }

    /// Whether the caller does not see all that it writes: then it does not learn either whether that was so already.
    async fn is_unseen<'n>(
        &self,
        item: &T,
        mut names: impl Iterator<Item = &'n str>,
    ) -> Result<bool, Problem> {
        let reads = self.call.scope(Action::Read, T::RESOURCE).await?.ok();
        let seen = reads.and_then(|reads| reads.of(&item.subject()));
        Ok(names.any(|name| !seen.is_some_and(|seen| seen.shows(name))))
    }

    async fn find(&self, id: T::Id) -> Result<T> {
        let item: T = noun::get(&self.call.shelf(), id, || self.call.writer()).await?;
        if self.is_elsewhere(&item) { Err(Error::NotFound(T::NAME)) } else { Ok(item) }
    }

    fn is_elsewhere(&self, item: &T) -> bool {
        let elsewhere = |within: &CollectionName| item.subject().collection != Some(within.as_str());
        self.within.as_ref().is_some_and(elsewhere)
    }

    async fn desk(&self) -> Result<Desk<'_>, Problem> {
        let eyes = Some(self.call.admission().await?);
        let (table, owner) = (&*self.call.app().table, self.call.owner());
        let along = self.call.along(self.is_part).await?;
        Ok(Desk { table, owner, writer: self.call.writer(), eyes, restores: false, along })
    }

    async fn written(&self, item: T) -> Result<Written<T>, Problem> {
        let reads = self.call.scope(Action::Read, T::RESOURCE).await?.ok();
        Ok(Written::of(item, reads.as_ref())?)
    }

    /// An item that the caller may change. What it cannot even read is not there.
    async fn seen(
        &self,
        operation: &Operation,
        id: T::Id,
        expected: Expected,
    ) -> Result<(Scope<'_>, T), Problem> {
        let (scope, item) = self.call.may(operation, self.find(id)).await?;
        self.covered(&scope, &item).await?;
        expect_version(&expected, item.version())?;
        Ok((scope, item))
    }

    async fn covered(&self, scope: &Scope<'_>, item: &T) -> Result<(), Problem> {
        if scope.of(&item.subject()).is_some() {
            return Ok(());
        }
        let reads = self.call.scope(Action::Read, T::RESOURCE).await?.ok();
        Err(match reads.and_then(|reads| reads.of(&item.subject())) {
            Some(_) => scope.denial().into(),
            None => Error::NotFound(T::NAME).into(),
        })
    }
}

/// The fields that were sent, by their own names.
fn names<T: Noun, S>(sent: &Sent<S>) -> Vec<String> {
    sent.names().iter().map(|name| canonical::<T>(name).to_owned()).collect()
}

/// A field that is hidden does not exist for the caller, whatever is wrong with its value.
fn read<S>(scope: &Scope<'_>, sent: Sent<S>, names: &[String]) -> Result<S, Problem> {
    if scope.hides_nothing() {
        return sent.read();
    }
    visible(scope, names)?;
    sent.read_narrowly()
}

/// An item must not leave its scope, nor be made outside of it, nor be given what its scope does not show of it.
fn within<T: Noun>(scope: &Scope<'_>, item: &T, names: &[String]) -> Result<()> {
    if scope.is_whole() {
        return Ok(());
    }
    visible(&scope.of(&item.subject()).ok_or_else(|| scope.denial())?, names)
}

fn visible(scope: &Scope<'_>, names: &[String]) -> Result<()> {
    let unknown = |name| Error::invalid(format!("/{name}"), format!("unknown field `{name}`"));
    scope.hides(names).map_or(Ok(()), |name| Err(unknown(name)))
}
