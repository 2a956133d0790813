//! The way into the trash, and back.

use super::{Desk, MOST_TRIES, Was, nothing};
use crate::noun::Rules;
use crate::{Error, Result};

impl Desk<'_> {
    /// Moves it to the trash, if it still is as it was; what others refer to is first let go by them.
    pub async fn trash<T: Rules>(&self, item: &T) -> Result<()> {
        let mut current = item.clone();
        for _ in 0..MOST_TRIES {
            if T::release(self, &current).await? {
                // Letting go may have written it, too.
                current = self.found::<T>(item.id()).await?.ok_or(Error::Conflict)?;
                continue;
            }
            self.write(Was::There(&current), None, |_| Ok(()), nothing).await?;
            self.release_late(&current).await;
            return Ok(());
        }
        Err(Error::Busy)
    }

    /// Who came to refer to it after the others were looked for, and before it went, lets go of it, too. It is gone all
    /// the same, so what fails here is no failure of that.
    async fn release_late<T: Rules>(&self, gone: &T) {
        if self.is_written()
            && let Err(error) = T::release(self, gone).await
        {
            tracing::warn!(%error, "something may refer to what is gone");
        }
    }

    /// Brings back what went away with this version, out of the trash if it still lies there.
    pub async fn restore<T: Rules>(
        &self,
        item: T,
        version: u64,
        is_in_trash: bool,
        may: impl Fn(&T) -> Result<()>,
    ) -> Result<T> {
        let desk = Desk { restores: true, ..*self };
        let restored = desk.write(Was::Gone { version, is_in_trash }, Some(item), may, nothing).await?;
        restored.ok_or_else(|| Error::internal("what was restored is gone"))
    }
}
