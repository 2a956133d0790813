//! The entries of the owner who searched last stay in memory: a part of them is read again once something in it was
//! written, whoever wrote it.

use domain::id::{MemoryId, OwnerId};
use domain::search::Entries;
use domain::table::{Query, Table};
use domain::{Result, schema};
use futures_util::future::try_join_all;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many entries of each part are looked through, the newest first: 20,000 in all.
const MOST_OF_A_PART: usize = 2_500;

#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<Owned>>);

struct Owned {
    owner: OwnerId,
    parts: Vec<Arc<Part>>,
}

pub(super) struct Part {
    /// How often something had been written in it before it was read.
    writes: u64,
    pub(super) entries: Entries<MemoryId>,
    /// There are older ones.
    pub(super) more: bool,
}

impl Kept {
    /// The heads are read before the parts: what is written in between is in a part whose head is older, so the part is
    /// read once too often, never once too seldom.
    pub(super) async fn of(&self, table: &dyn Table, owner: OwnerId) -> Result<Vec<Arc<Part>>> {
        let heads: Vec<_> = schema::heads(owner).collect();
        let heads = table.get_many(&heads).await?;
        let kept = self.lock().as_ref().filter(|kept| kept.owner == owner).map(|kept| kept.parts.clone());
        let mut kept = kept.unwrap_or_default().into_iter();
        let parts = heads.iter().zip(schema::entries(owner)).map(|(head, query)| {
            let writes = head.as_ref().map_or(0, |row| row.version);
            let kept = kept.next().filter(|part| part.writes == writes);
            async move {
                if let Some(part) = kept {
                    Ok(part)
                } else {
                    Part::read(table, query, writes).await.map(Arc::new)
                }
            }
        });
        let parts = try_join_all(parts).await?;
        *self.lock() = Some(Owned { owner, parts: parts.clone() });
        Ok(parts)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Owned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    async fn read(table: &dyn Table, query: Query, writes: u64) -> Result<Self> {
        let page = table.query(&query.page(None, MOST_OF_A_PART)).await?;
        let rows = page.rows.iter();
        let entries =
            rows.filter_map(|row| Some((row.key.sort.rsplit('/').next()?.parse().ok()?, row.body.as_str())));
        Ok(Self { writes, entries: Entries::of(entries), more: page.next.is_some() })
    }
}
