//! What a memory refers to is there, it is not written to be forgotten at once, and a search knows it as it is.

use super::{Memory, MemoryFilter, NewMemory};
use crate::access::Item as _;
use crate::id::{MemoryId, OwnerId};
use crate::life_area::LifeArea;
use crate::link;
use crate::noun::{Alike, Desk, Further, Rules};
use crate::shelf::Entity as _;
use crate::table::RowKey;
use crate::{Error, Result, schema};
use jiff::Timestamp;

/// How many memories are followed that one would supersede.
const MOST_FOLLOWED: usize = 1_000;

impl Rules for Memory {
    type Filter = MemoryFilter;
    const SAID_ONCE: Option<&'static str> = Some("content");

    fn is_tied(&self) -> bool {
        false
    }

    fn mint(_: &NewMemory, at: Timestamp, random: [u8; 10]) -> MemoryId {
        MemoryId::new(at, random)
    }

    fn alike(owner: OwnerId, new: &NewMemory) -> Option<Alike> {
        Some(Self::saying(owner, &new.content))
    }

    fn entry(&self, owner: OwnerId) -> Option<(RowKey, String)> {
        Some((schema::entry(owner, self.id), self.known().encode()))
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        further: &mut Further,
    ) -> Result<()> {
        let Some(memory) = after else { return Ok(()) };
        // A new one is superseded by none yet.
        let is_new = before.is_none() && memory.created_at == desk.writer.at;
        if !is_new && !desk.takes_in() && memory.supersedes != before.and_then(|it| it.supersedes) {
            memory.check_order(desk, further).await?;
        }
        if desk.is_written() || desk.takes_in() {
            memory.check_end(before, desk.writer.at)?;
        }
        if desk.takes_in() { Ok(()) } else { memory.refer(desk, before, further).await }
    }

    /// What it links to and supersedes stays: that may have gone while it was there, too.
    async fn mended(self, desk: &Desk<'_>) -> Result<Self> {
        Ok(Self { life_area_id: desk.still::<LifeArea>(self.life_area_id).await?, ..self })
    }
}

impl Memory {
    fn check_end(&self, before: Option<&Self>, now: Timestamp) -> Result<()> {
        let is_as_it_was = before.is_some_and(|before| before.expires_at == self.expires_at);
        let is_over = self.ends().is_some_and(|end| end.is_past(now));
        if is_over && !is_as_it_was {
            let detail = "this is over already; give a time to come, or delete it";
            return Err(Error::invalid("/expires_at", detail));
        }
        Ok(())
    }

    /// However many others lie between, it does not supersede itself.
    async fn check_order(&self, desk: &Desk<'_>, further: &mut Further) -> Result<()> {
        if self.supersedes.is_none() {
            return Ok(());
        }
        // No two that come to supersede others at the same time can miss one another.
        further.stays(desk, schema::coming(desk.owner, Self::NAME)).await?;
        let (mut next, mut followed) = (self.supersedes, 0);
        while let Some(id) = next {
            if id == self.id {
                return Err(Error::invalid("/supersedes", "it would supersede itself"));
            }
            if followed == MOST_FOLLOWED {
                let detail = format!("it would supersede more than {followed} others, one behind the other");
                return Err(Error::invalid("/supersedes", detail));
            }
            let Some(other) = desk.found::<Self>(id).await? else { break };
            (next, followed) = (other.supersedes, followed + 1);
        }
        Ok(())
    }

    /// Checks what it did not refer to before.
    async fn refer(&mut self, desk: &Desk<'_>, before: Option<&Self>, further: &mut Further) -> Result<()> {
        if let Some(area) = self.life_area_id.filter(|id| before.and_then(|it| it.life_area_id) != Some(*id))
        {
            further.refers::<LifeArea>(desk, area, "/life_area_id").await?;
        }
        if !desk.is_written() {
            return Ok(());
        }
        if let Some(id) = self.supersedes.filter(|id| before.and_then(|it| it.supersedes) != Some(*id)) {
            desk.referred::<Self>(id, "/supersedes").await?;
        }
        let known = before.map_or(&[][..], |before| before.links.as_slice());
        let area = link::check(desk, self.links.as_slice(), known).await?;
        self.life_area_id = self.life_area_id.or(area);
        Ok(())
    }
}
