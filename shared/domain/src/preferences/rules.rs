//! What holds of preferences, whoever writes them.

use super::{NewPreferences, Preferences};
use crate::filter::ByName;
use crate::id::Me;
use crate::life_area::LifeArea;
use crate::noun::{Desk, Further, Rules};
use crate::{Error, Result};
use jiff::Timestamp;

impl Rules for Preferences {
    type Filter = ByName;

    fn mint(_: &NewPreferences, _: Timestamp, _: [u8; 10]) -> Me {
        Me::Me
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        further: &mut Further,
    ) -> Result<()> {
        let Some(after) = after else { return Ok(()) };
        if after.notifications.quiet_hours.as_ref().is_some_and(|hours| hours.from == hours.to) {
            let detail = "it is the same as `from`; leave `quiet_hours` away, or say when they end";
            return Err(Error::invalid("/notifications/quiet_hours/to", detail));
        }
        if let Some(area) = after.default_life_area_id
            && before.and_then(|before| before.default_life_area_id) != Some(area)
        {
            further.refers::<LifeArea>(desk, area, "/default_life_area_id").await?;
        }
        Ok(())
    }

    async fn mended(self, desk: &Desk<'_>) -> Result<Self> {
        let area = desk.still::<LifeArea>(self.default_life_area_id).await?;
        Ok(Self { default_life_area_id: area, ..self })
    }
}
