//! Goals lie below one another, not too deep, and none below itself.

use super::Goal;
use crate::id::GoalId;
use crate::list::List;
use crate::noun::{Desk, Further};
use crate::shelf::Entity as _;
use crate::{Error, Result, schema};
use futures_util::future::try_join_all;

/// How many goals may lie above one another.
const DEEPEST: usize = 10;

impl Goal {
    pub(super) async fn check_parents(&self, desk: &Desk<'_>, further: &mut Further) -> Result<()> {
        let refuse = |detail: &str| Err(Error::invalid("/parent_id", detail));
        let too_deep = || refuse("goals can lie ten levels deep at most");
        if self.parent_id.is_none() {
            return Ok(());
        }
        // No two that come below others at the same time can miss one another.
        further.stays(desk, schema::coming(desk.owner, Self::NAME)).await?;
        let (mut next, mut above) = (self.parent_id, 0);
        while let Some(id) = next {
            if id == self.id {
                return refuse("a goal cannot be a part of itself");
            }
            let parent = match above {
                0 => desk.referred::<Self>(id, "/parent_id").await?,
                // Who may see a goal need not see all that it is a part of.
                _ => desk.found::<Self>(id).await?,
            };
            let Some(parent) = parent else { break };
            above += 1;
            if above == DEEPEST {
                return too_deep();
            }
            further.check(desk, &parent);
            next = parent.parent_id;
        }
        if self.is_deeper(desk, DEEPEST - above - 1).await? { too_deep() } else { Ok(()) }
    }

    /// Whether more than so many levels lie below it.
    async fn is_deeper(&self, desk: &Desk<'_>, levels: usize) -> Result<bool> {
        let mut level = vec![self.id];
        for _ in 0..=levels {
            let below = level.iter().map(|id| Self::ids_below(desk, *id));
            level = try_join_all(below).await?.concat();
            if level.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn ids_below(desk: &Desk<'_>, id: GoalId) -> Result<Vec<GoalId>> {
        let (goals, list) = (desk.shelf::<Self>(), List::from(Self::below(desk.owner, id)));
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = list.page(desk.table, after.as_deref(), 100).await?;
            let listing = goals.kept(&list, page, 100, |_| true).await?;
            ids.extend(listing.items.iter().map(|goal| goal.id));
            after = listing.next;
            if after.is_none() {
                return Ok(ids);
            }
        }
    }
}
