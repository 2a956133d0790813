//! What is new.

use super::{Desk, Was, nothing};
use crate::noun::{Noun, Rules, spoken};
use crate::table::Put;
use crate::{Error, Result};

impl Desk<'_> {
    /// `beside` is what else the transaction writes, now that it is known what is made.
    pub async fn create<T: Rules>(
        &self,
        new: T,
        may: impl Fn(&T) -> Result<()>,
        beside: impl Fn(&T) -> Result<Vec<Put>>,
    ) -> Result<T> {
        let was = if T::IS_NAMED { self.was::<T>(new.id()).await? } else { Was::Nothing };
        self.make(was, new, may, beside).await
    }

    /// The same under an id that somebody chose: there may be something left of another that had it.
    pub async fn create_as<T: Rules>(&self, new: T, may: impl Fn(&T) -> Result<()>) -> Result<T> {
        let was = self.was::<T>(new.id()).await?;
        if matches!(was, Was::Gone { is_in_trash: true, .. } if !T::IS_NAMED) {
            return Err(in_trash::<T>(&new.id()));
        }
        self.make(was, new, may, nothing).await
    }

    async fn make<T: Rules>(
        &self,
        was: Was<'_, T>,
        new: T,
        may: impl Fn(&T) -> Result<()>,
        beside: impl Fn(&T) -> Result<Vec<Put>>,
    ) -> Result<T> {
        let id = new.id();
        let made = self.write(was, Some(new), may, beside).await.map_err(|error| match error {
            Error::Conflict if T::IS_NAMED => taken::<T>(&id),
            error => error,
        });
        made?.ok_or_else(|| Error::internal("what was made is gone"))
    }
}

fn taken<T: Noun>(id: &T::Id) -> Error {
    Error::InTheWay(format!("there is a {} `{id}` already; choose another name", spoken(T::NAME)))
}

fn in_trash<T: Noun>(id: &T::Id) -> Error {
    Error::InTheWay(format!(
        "the {} `{id}` lies in the trash; restore it, or choose another id",
        spoken(T::NAME)
    ))
}
