//! Seals entries of the audit log into their owner's chain: those that were noted where they happened, and those that
//! the changes themselves tell. Many at once, behind everything, so that no call ever waits for the chain.

use crate::legible;
use domain::audit::{Entry, Record, Settings, Tip};
use domain::change::Change;
use domain::clock::{Clock, Entropy};
use domain::id::{OpId, OwnerId};
use domain::schema;
use domain::table::{Expect, Expiry, Put, Row, RowChange, RowKey, Table, Write};
use domain::{Error, Result};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A transaction takes 100 rows, and so does a read; the chain's tip and the settings are two of them.
const MOST_AT_ONCE: usize = 98;

/// How often others may be faster before it is left for later.
const MOST_TRIES: usize = 10;

pub struct Sealer {
    pub table: Arc<dyn Table>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

/// What is to be sealed under one key; what was noted is read where it lies.
type Told = BTreeMap<String, Option<Box<RawValue>>>;

impl Sealer {
    /// All of them are sealed when this succeeds, each once however often it is told.
    pub async fn seal(&self, batch: &[RowChange]) -> Result<()> {
        let mut owners: BTreeMap<OwnerId, Told> = BTreeMap::new();
        for row in batch {
            if let Some((sort, entry)) = legible(told(row))?.flatten() {
                owners.entry(row.key.owner).or_default().insert(sort, entry);
            }
        }
        for (owner, told) in owners {
            let told: Vec<_> = told.into_iter().collect();
            for some in told.chunks(MOST_AT_ONCE) {
                if legible(self.seal_some(owner, some).await)?.is_none() {
                    self.note_some(owner, some).await?;
                }
            }
        }
        Ok(())
    }

    /// What the stream tells it tells only now: where a chain cannot be read, it stays for the version that can.
    async fn note_some(&self, owner: OwnerId, told: &[(String, Option<Box<RawValue>>)]) -> Result<()> {
        for (sort, entry) in told {
            let Some(entry) = entry.clone() else { continue };
            let body = Record { entry, seal: None }.body()?;
            let put = Put { key: RowKey::new(owner, sort), body, expires: None, expect: Expect::Absent };
            match self.table.put(put, OpId::new(self.clock.now(), self.entropy.bytes())).await {
                Ok(_) | Err(Error::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whoever moves the tip first has sealed; the others look again.
    async fn seal_some(&self, owner: OwnerId, told: &[(String, Option<Box<RawValue>>)]) -> Result<()> {
        let sorts = told.iter().map(|(sort, _)| RowKey::new(owner, sort));
        let keys: Vec<_> = [schema::chain(owner), schema::settings(owner)].into_iter().chain(sorts).collect();
        for _ in 0..MOST_TRIES {
            let rows = self.table.get_many(&keys).await?;
            let Some(writes) = self.writes(owner, told, &rows)? else { return Ok(()) };
            let op = OpId::new(self.clock.now(), self.entropy.bytes());
            match self.table.transact(writes, op).await {
                Err(Error::Conflict) => {}
                done => return done,
            }
        }
        Err(Error::Busy)
    }

    /// The sealed rows and the tip behind them; none when everything is sealed.
    fn writes(
        &self,
        owner: OwnerId,
        told: &[(String, Option<Box<RawValue>>)],
        rows: &[Option<Row>],
    ) -> Result<Option<Vec<Write>>> {
        let [tip_row, settings, rows @ ..] = rows else { return Err(Error::internal("rows are missing")) };
        let mut tip = Tip::of(owner, tip_row.as_ref())?;
        tip.leaves = Settings::of(settings.as_ref())?.audit_days.after(self.clock.now()).max(tip.leaves);
        let mut writes = Vec::with_capacity(told.len() + 1);
        for ((sort, entry), row) in told.iter().zip(rows) {
            let Some((entry, expect)) = legible(unsealed(entry, row.as_ref()))?.flatten() else {
                continue;
            };
            let seal = Some(tip.head.seal(owner, &entry));
            let body = Record { entry, seal }.body()?;
            writes.push(put(RowKey::new(owner, sort), body, Some(tip.leaves), expect));
        }
        if writes.is_empty() {
            return Ok(None);
        }
        let body = serde_json::to_string(&tip).map_err(Error::internal)?;
        writes.push(put(schema::chain(owner), body, None, expectation(tip_row.as_ref())));
        Ok(Some(writes))
    }
}

/// What a change has to say to the audit log, and where that lies or will lie.
fn told(row: &RowChange) -> Result<Option<(String, Option<Box<RawValue>>)>> {
    if row.key.sort.starts_with(schema::AUDIT) {
        // Sealing them writes them, too: those changes tell nothing new.
        let Some(after) = &row.after else { return Ok(None) };
        let seal = Record::of(&row.key, &after.body)?.seal;
        return Ok(seal.is_none().then(|| (row.key.sort.clone(), None)));
    }
    let Some(change) = Change::of(row)? else { return Ok(None) };
    let entry = Entry::of(&change);
    Ok(Some((schema::audit(change.owner, entry.id).sort, Some(entry.raw()?))))
}

/// The entry to be sealed, unless it is.
fn unsealed(told: &Option<Box<RawValue>>, row: Option<&Row>) -> Result<Option<(Box<RawValue>, Expect)>> {
    let Some(row) = row else { return Ok(told.clone().map(|entry| (entry, Expect::Absent))) };
    let Record { entry, seal } = Record::of(&row.key, &row.body)?;
    Ok(seal.is_none().then_some((entry, Expect::Version(row.version))))
}

fn put(key: RowKey, body: String, expires: Option<Expiry>, expect: Expect) -> Write {
    Write::Put(Put { key, body, expires, expect })
}

fn expectation(row: Option<&Row>) -> Expect {
    row.map_or(Expect::Absent, |row| Expect::Version(row.version))
}
