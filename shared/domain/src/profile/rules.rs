//! What holds of a profile, whoever writes it.

use super::{NewProfile, Profile};
use crate::filter::ByName;
use crate::id::Me;
use crate::noun::{Desk, Further, Rules};
use crate::{Error, Result};
use jiff::Timestamp;

impl Rules for Profile {
    type Filter = ByName;

    fn mint(_: &NewProfile, _: Timestamp, _: [u8; 10]) -> Me {
        Me::Me
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        _: &mut Further,
    ) -> Result<()> {
        let Some(profile) = after else { return Ok(()) };
        if profile.work_hours.as_ref().is_some_and(|hours| hours.from == hours.to) {
            return Err(Error::invalid("/work_hours/to", "it is the same as `from`; when does work end?"));
        }
        // Whoever hides one more field does not show another by not naming it; an undo brings back what was, and an
        // import what is elsewhere.
        if let Some(before) = before.filter(|_| desk.is_written()) {
            profile.visible_to_agents = profile.visible_to_agents.over(before.visible_to_agents);
        }
        Ok(())
    }
}
