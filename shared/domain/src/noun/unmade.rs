//! One of a kind that nobody has written yet.

use super::Rules;
use crate::shelf::{Shelf, Writer};
use crate::{Error, Result};

/// The version of what nobody has made yet.
pub(crate) const UNMADE: u64 = 0;

/// The item; of one of a kind that nobody has written yet, what it is until then.
pub async fn get<T: Rules>(shelf: &Shelf<'_, T>, id: T::Id, writer: impl FnOnce() -> Writer) -> Result<T> {
    match shelf.get(id).await {
        Err(Error::NotFound(noun)) => T::unmade(&writer()).ok_or(Error::NotFound(noun)),
        found => found,
    }
}
