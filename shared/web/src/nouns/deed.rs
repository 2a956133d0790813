//! Changes that have a name: what completes a task, and the like.

use super::{Nouns, Written};
use crate::precondition::Expected;
use crate::problem::Problem;
use domain::Error;
use domain::access::Scope;
use domain::noun::{Deed, Rules};

/// How often others may be faster.
const MOST_TRIES: usize = 4;

impl<T: Rules> Nouns<'_, T> {
    /// `expected` is the version that the caller has seen, if it says; otherwise it is done to what there is.
    pub async fn carry_out(
        &self,
        deed: &Deed<T>,
        id: T::Id,
        expected: Expected,
    ) -> Result<Written<T>, Problem> {
        for _ in 0..MOST_TRIES {
            let (scope, item) = self.seen(deed.does, id.clone(), expected.clone()).await?;
            let covers = |scope: &Scope<'_>, item: &T| {
                let covering = scope.of(&item.subject()).filter(|scope| scope.shows(deed.field));
                covering.map(drop).ok_or_else(|| scope.denial())
            };
            covers(&scope, &item)?;
            let may = |after: &T| {
                covers(&scope, after)?;
                self.unasked(deed.does, &scope, [&item, after], covers)
            };
            let desk = self.desk().await?;
            let after = item.clone().patched((deed.patch)(&item), &desk.writer);
            let done = match self.is_unseen(&item, [deed.field].into_iter()).await? {
                true => desk.replace_unseen(&item, after, may).await,
                false => desk.replace(&item, after, may).await,
            };
            match done {
                Err(Error::Conflict) if expected.is_any() => {}
                done => return self.written(done?).await,
            }
        }
        Err(Error::Busy.into())
    }
}
