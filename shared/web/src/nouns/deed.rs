//! Changes that have a name: what completes a task, and the like.

use super::{Nouns, Written};
use crate::problem::Problem;
use domain::Error;
use domain::noun::{Deed, Rules};

/// How often others may be faster.
const MOST_TRIES: usize = 4;

impl<T: Rules> Nouns<'_, T> {
    /// `expected` is the version that the caller has seen, if it says; otherwise it is done to what there is.
    pub async fn carry_out(
        &self,
        deed: &Deed<T>,
        id: T::Id,
        expected: Option<u64>,
    ) -> Result<Written<T>, Problem> {
        for _ in 0..MOST_TRIES {
            let (scope, item) = self.seen(deed.does, id.clone(), expected).await?;
            let covers = |item: &T| {
                let covering = scope.of(&item.subject()).filter(|scope| scope.shows(deed.field));
                covering.map(drop).ok_or_else(|| scope.denial())
            };
            covers(&item)?;
            let desk = self.desk().await?;
            let after = item.clone().patched((deed.patch)(&item), &desk.writer);
            match desk.replace(&item, after, covers).await {
                Err(Error::Conflict) if expected.is_none() => {}
                done => return self.written(done?).await,
            }
        }
        Err(Error::Busy.into())
    }
}
