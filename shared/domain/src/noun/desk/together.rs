//! Several items in one transaction.

use super::{Desk, MOST_FURTHER, MOST_TRIES};
use crate::noun::Further;
use crate::table::{Put, Write};
use crate::{Error, Result};

impl Desk<'_> {
    /// Writes all that `make` says, or nothing. Where others were faster it is asked again, for the nth time, but not
    /// if one of them wrote what was to be written beside it.
    pub async fn together<R, F>(&self, make: impl Fn(u8) -> F) -> Result<R>
    where
        F: Future<Output = Result<(R, Further, Vec<Put>)>>,
    {
        for nth in 0..MOST_TRIES {
            let (made, Further(further), beside) = make(nth).await?;
            if further.len() > MOST_FURTHER {
                return Err(Error::internal("more is made at once than a transaction holds"));
            }
            let puts = beside.iter().cloned().map(Write::Put);
            let along = self.along.iter().cloned();
            match self.put(further.into_values().chain(puts).chain(along).collect(), nth).await {
                Err(Error::Conflict) if self.are_free(&beside).await? && self.goes_along().await? => {}
                done => return done.map(|()| made),
            }
        }
        Err(Error::Busy)
    }
}
