//! An item that comes from another Larder, or from a backup of this one, as it is there.

use super::{Desk, Was, nothing};
use crate::Result;
use crate::noun::{Further, Rules};

/// How items are taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// What is there with other content is overwritten.
    pub replace: bool,
    /// Says what it would do, and does nothing.
    pub dry_run: bool,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    Made,
    Changed,
    /// It was there, and says the same.
    Same,
    /// It is there with other content, and stays so.
    Kept,
}

impl Desk<'_> {
    /// Whether what is written comes from elsewhere: it may refer to what is yet to come, or was gone when it left, and
    /// what was to follow of it followed there.
    pub fn takes_in(&self) -> bool {
        self.writer.source.imported_at.is_some()
    }

    /// Fails with `Conflict` if somebody else was faster.
    pub async fn take_in<T: Rules>(&self, item: T, manner: Manner) -> Result<Took> {
        let (before, mut item) = (self.found::<T>(item.id()).await?, self.stamped(item));
        item.set_version(before.as_ref().map_or(1, T::version));
        let took = match &before {
            // Its rules are not asked here: what they look at may come right before it.
            None => Took::Made,
            Some(before) => {
                let mut after = item.clone();
                T::settle(self, Some(before), Some(&mut after), &mut Further::default()).await?;
                match after.says_the_same_as(before) {
                    true => Took::Same,
                    false if manner.replace => Took::Changed,
                    false => Took::Kept,
                }
            }
        };
        if manner.dry_run || [Took::Same, Took::Kept].contains(&took) {
            return Ok(took);
        }
        let was = match &before {
            Some(before) => Was::There(before),
            None => self.was(item.id()).await?,
        };
        self.write(was, Some(item), |_| Ok(()), nothing).await?;
        Ok(took)
    }
}
