//! Which items an undo comes to, page by page, and in which order.

use super::{Undone, Which, Write};
use crate::collection::Collection;
use crate::goal::Goal;
use crate::history::Line;
use crate::id::OpId;
use crate::life_area::LifeArea;
use crate::noun::Desk;
use crate::shelf::Entity as _;
use crate::table::RowKey;
use crate::{Result, change, schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many items one call undoes, and how many lines of the feed it looks at for them.
const MOST_ITEMS: usize = 200;
const MOST_LINES: usize = 2_000;
const ROWS_IN_A_READ: usize = 100;

/// How many items can wait for what other pages bring back. Those beyond are conflicts, which a repeat settles.
const MOST_WAITING: usize = 5_000;

/// How often what was not possible is tried again, because others came back, or went, since then.
const MOST_TRIES: usize = 4_000;

/// What others may wait for, before they do.
const FIRST: [&str; 3] = [LifeArea::NAME, Goal::NAME, Collection::NAME];

pub struct Undoing<'a> {
    pub desk: Desk<'a>,
    pub which: Which,
    /// Each item is an operation of its own.
    pub ops: &'a (dyn Fn() -> OpId + Sync),
}

/// Where an undo goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Behind this line of the feed; where there is none and items wait, all of it was gone through.
    pub after: Option<String>,
    /// Lines of items that were not possible yet.
    pub waiting: Vec<String>,
    /// How many of them were tried in vain, one after the other, since the last that was possible.
    pub in_vain: usize,
}

/// How much has to be as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    AsItWas,
    /// It may do without what it referred to and is gone.
    WithoutWhatIsGone,
}

/// A line of the feed, and what became of its item.
struct Tried {
    at: String,
    line: Line,
    undone: Undone,
}

impl Undoing<'_> {
    /// Newest first, from here on; and where to go on. What is not possible yet waits until all others are through, and
    /// only when nothing more can come back does an item do without what it referred to.
    pub async fn some(&self, from: Place) -> Result<(Vec<Undone>, Option<Place>)> {
        let Place { after, mut waiting, mut in_vain } = from;
        let is_through = after.is_none() && !waiting.is_empty();
        let (mut tried, after) = if is_through { (Vec::new(), None) } else { self.page(after).await? };
        if after.is_none() {
            let next: Vec<_> = waiting.drain(..waiting.len().min(MOST_ITEMS)).collect();
            tried.extend(self.lines(&next).await?);
        }
        let mut tries = MOST_TRIES;
        self.again(&mut tried, &mut tries).await?;
        let still = tried.iter().filter(|tried| tried.undone.is_not_possible()).count();
        in_vain = if after.is_some() || still < tried.len() { 0 } else { in_vain + still };
        let is_all = waiting.is_empty() || in_vain >= waiting.len() + still;
        if after.is_none() && is_all {
            self.without_what_is_gone(&mut tried, &mut tries).await?;
        } else {
            tried.retain(|tried| {
                let waits = tried.undone.is_not_possible() && waiting.len() < MOST_WAITING;
                waiting.extend(waits.then(|| tried.at.clone()));
                !waits
            });
        }
        let goes_on = after.is_some() || !waiting.is_empty();
        let next = goes_on.then_some(Place { after, waiting, in_vain });
        Ok((tried.into_iter().map(|tried| tried.undone).collect(), next))
    }

    async fn page(&self, mut after: Option<String>) -> Result<(Vec<Tried>, Option<String>)> {
        let all = schema::feed_of(self.desk.owner).newest_first();
        let (mut tried, mut seen) = (Vec::new(), BTreeSet::new());
        for _ in 0..MOST_LINES / ROWS_IN_A_READ {
            let page = self.desk.table.query(&all.clone().page(after, ROWS_IN_A_READ)).await?;
            for row in &page.rows {
                // A line that another version of Larder wrote must not stand in the way of all others.
                let line = Line::of(row).inspect_err(|error| tracing::error!(%error, "a line is left out"));
                let Ok((_, line)) = line else { continue };
                if line.sealed_at < self.which.begins() {
                    return Ok((tried, None));
                }
                let written = Write { source: line.source, at: line.at };
                if self.which.picks(&written) && seen.insert(line.what.clone()) {
                    tried.extend(self.tried(&row.key.sort, line).await?);
                }
                if tried.len() == MOST_ITEMS {
                    return Ok((tried, Some(row.key.sort.clone())));
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((tried, None));
            }
        }
        Ok((tried, after))
    }

    async fn lines(&self, waiting: &[String]) -> Result<Vec<Tried>> {
        let keys: Vec<_> = waiting.iter().map(|at| RowKey::new(self.desk.owner, at.clone())).collect();
        let mut tried = Vec::with_capacity(keys.len());
        for some in keys.chunks(ROWS_IN_A_READ) {
            for row in self.desk.table.get_many(some).await?.into_iter().flatten() {
                tried.extend(self.tried(&row.key.sort, Line::of(&row)?.1).await?);
            }
        }
        Ok(tried)
    }

    async fn tried(&self, at: &str, line: Line) -> Result<Option<Tried>> {
        let undone = self.item(&line, How::AsItWas).await?;
        Ok(undone.map(|undone| Tried { at: at.to_owned(), line, undone }))
    }

    /// What stood before what it refers to, or what others referred to, may be possible now: the other way round.
    async fn again(&self, all: &mut [Tried], tries: &mut usize) -> Result<()> {
        loop {
            let mut any = false;
            for tried in all.iter_mut().rev().filter(|tried| tried.undone.is_not_possible()) {
                any |= self.retry(tried, How::AsItWas, tries).await?;
            }
            if !any {
                return Ok(());
            }
        }
    }

    /// One by one, because what comes back may be what others wait for.
    async fn without_what_is_gone(&self, all: &mut [Tried], tries: &mut usize) -> Result<()> {
        let rank = |tried: &Tried| {
            let noun = change::noun_of(&tried.line.what);
            FIRST.iter().position(|first| *first == noun).unwrap_or(FIRST.len())
        };
        let mut order: Vec<_> = (0..all.len()).collect();
        order.sort_by_key(|nth| all.get(*nth).map(|tried| (rank(tried), tried.line.what.clone())));
        for nth in order {
            let Some(tried) = all.get_mut(nth).filter(|tried| tried.undone.is_not_possible()) else {
                continue;
            };
            if !self.retry(tried, How::AsItWas, tries).await? {
                self.retry(tried, How::WithoutWhatIsGone, tries).await?;
            }
        }
        self.again(all, tries).await
    }

    /// Whether it is possible now.
    async fn retry(&self, tried: &mut Tried, how: How, tries: &mut usize) -> Result<bool> {
        let Some(left) = tries.checked_sub(1) else { return Ok(false) };
        *tries = left;
        let now = self.item(&tried.line, how).await?.filter(|now| !now.is_not_possible());
        let Some(undone) = now else { return Ok(false) };
        tried.undone = undone;
        Ok(true)
    }
}
