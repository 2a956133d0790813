//! Bringing back what was deleted.

use super::{Nouns, Written, within};
use crate::problem::Problem;
use domain::access::Scope;
use domain::noun::{Desk, Rules};
use domain::shelf::Left;
use domain::{Error, Result};

impl<T: Rules> Nouns<'_, T> {
    /// Out of the trash, without what it referred to and is gone. What is there stays as it is, so that this can be
    /// asked again.
    pub async fn restore(&self, id: T::Id) -> Result<Written<T>, Problem> {
        let (scope, left) = self.call.may(&T::DOES.restore, self.left(id)).await?;
        let (item, version) = match left {
            Left::Nothing => return Err(Error::NotFound(T::NAME).into()),
            Left::There(item) => {
                self.covered(&scope, &item).await?;
                return self.written(item).await;
            }
            Left::InTrash(item, version) => (item, version),
        };
        self.covered(&scope, &item).await?;
        // What it refers to it referred to before: whoever brings it back need not see that.
        let desk = Desk { eyes: None, ..self.desk().await? };
        let may = |item: &T| {
            within(&scope, item, &[])?;
            self.unasked(&T::DOES.restore, &scope, [item], |scope, item| within(scope, item, &[]))
        };
        let item = desk.stamped(item.mended(&desk).await?);
        let restored = desk.restore(item, version, true, may).await;
        self.written(restored.map_err(|error| impossible(&scope, error))?).await
    }

    async fn left(&self, id: T::Id) -> Result<Left<T>> {
        let left = self.call.shelf().left(id).await?;
        Ok(match &left {
            Left::There(item) | Left::InTrash(item, _) if self.is_elsewhere(item) => Left::Nothing,
            _ => left,
        })
    }
}

/// What it was does not hold any more. What of it is wrong is told to who may know all of it.
fn impossible(scope: &Scope<'_>, error: Error) -> Error {
    match error {
        Error::Invalid { detail, .. } if scope.hides_nothing() => {
            Error::InTheWay(format!("it cannot come back as it was: {detail}"))
        }
        Error::Invalid { .. } => {
            Error::InTheWay("it cannot come back: what it was does not hold any more".to_owned())
        }
        error => error,
    }
}
