//! Seals entries of the audit log into their owner's chain: those that were noted where they happened, and those that
//! the changes themselves tell. Many at once, behind everything, so that no call ever waits for the chain. What changed
//! of the owner's data is kept whole, and put into the feed in the transaction that seals it: nobody who follows the
//! feed can miss one, because none gets a smaller number than one that is already there.

use crate::legible;
use domain::access::Resource;
use domain::audit::{self, Entry, Settings, Tip};
use domain::change::Change;
use domain::clock::{Clock, Entropy};
use domain::history::Line;
use domain::id::{OpId, OwnerId};
use domain::schema;
use domain::table::{Expect, Expiry, Put, Record, Row, RowChange, RowKey, Table, Write};
use domain::{Error, Result};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A transaction takes 100 rows: the chain's tip, and of each change its entry and its line of the feed.
const MOST_AT_ONCE: usize = 49;

/// How often others may be faster before it is left for later.
const MOST_TRIES: usize = 10;

pub struct Sealer {
    pub table: Arc<dyn Table>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

/// What a change has to say.
#[derive(Default)]
struct Told {
    /// For the audit log; what was noted is read where it lies.
    entry: Option<Box<RawValue>>,
    /// For the feed.
    line: Option<Line>,
}

impl Sealer {
    /// All of them are sealed when this succeeds, each once however often it is told.
    pub async fn seal(&self, batch: &[RowChange]) -> Result<()> {
        let (mut owners, mut kept) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        for row in batch {
            let Some((sort, told, record)) = legible(self.told(row))?.flatten() else { continue };
            let all = owners.entry(row.key.owner).or_default();
            // In the order in which they come, which is that of each item's versions.
            if all.iter().all(|(known, _)| *known != sort) {
                all.push((sort, told));
            }
            kept.extend(record.map(|record| (record.key.clone(), record)));
        }
        // First, so that no line of the feed leads nowhere.
        if !kept.is_empty() {
            self.table.record(kept.into_values().collect()).await?;
        }
        for (owner, told) in owners {
            for some in told.chunks(MOST_AT_ONCE) {
                match self.seal_some(owner, some).await {
                    Err(error @ Error::Unreadable { .. }) => {
                        tracing::error!(%error, entries = some.len(), "entries stay unsealed");
                        self.note_some(owner, some).await?;
                    }
                    done => done?,
                }
            }
        }
        Ok(())
    }

    /// What the stream tells it tells only now: where a chain cannot be read, it stays for the version that can.
    async fn note_some(&self, owner: OwnerId, told: &[(String, Told)]) -> Result<()> {
        for (sort, told) in told {
            let Some(entry) = told.entry.clone() else { continue };
            let body = audit::Record { entry, seal: None }.body()?;
            let put = Put::new(RowKey::new(owner, sort), body, Expect::Absent);
            match self.table.put(put, OpId::new(self.clock.now(), self.entropy.bytes())).await {
                Ok(_) | Err(Error::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What a change has to say, and where that lies or will lie in the audit log; what is kept of it.
    fn told(&self, row: &RowChange) -> Result<Option<(String, Told, Option<Record>)>> {
        if row.key.sort.starts_with(schema::AUDIT) {
            // Sealing them writes them, too: those changes tell nothing new.
            let Some(after) = &row.after else { return Ok(None) };
            let seal = audit::Record::of(&row.key, &after.body)?.seal;
            return Ok(seal.is_none().then(|| (row.key.sort.clone(), Told::default(), None)));
        }
        let Some(change) = Change::of(row)? else { return Ok(None) };
        let entry = Entry::of(&change);
        let sort = schema::audit(change.owner, entry.id).sort;
        let (line, record) = self.kept(row, &change)?.unzip();
        Ok(Some((sort, Told { entry: Some(entry.raw()?), line: line.flatten() }, record)))
    }

    /// What is to be told to others is kept, and of the owner's data there is a line in the feed.
    fn kept(&self, row: &RowChange, change: &Change) -> Result<Option<(Option<Line>, Record)>> {
        let (Some(what), Some(image)) = (schema::what(&row.key), &row.after) else { return Ok(None) };
        let (version, now) = (image.version, self.clock.now());
        let record = change.record(what, version, now)?;
        let Change { at, source, .. } = *change;
        let line = Line { what: what.to_owned(), version, at, source, sealed_at: now };
        // One that is too large for one row must not hold up the others.
        let fits = record.check().inspect_err(|error| tracing::error!(%error, "a change is not kept"));
        let line = (change.resource != Resource::Connections).then_some(line);
        Ok(fits.is_ok().then_some((line, record)))
    }

    /// Whoever moves the tip first has sealed; the others look again.
    async fn seal_some(&self, owner: OwnerId, told: &[(String, Told)]) -> Result<()> {
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
        told: &[(String, Told)],
        rows: &[Option<Row>],
    ) -> Result<Option<Vec<Write>>> {
        let [tip_row, settings, rows @ ..] = rows else { return Err(Error::internal("rows are missing")) };
        let mut tip = Tip::of(owner, tip_row.as_ref())?;
        tip.leaves = Settings::of(settings.as_ref())?.audit_days.after(self.clock.now()).max(tip.leaves);
        let mut writes = Vec::with_capacity(2 * told.len() + 1);
        for ((sort, told), row) in told.iter().zip(rows) {
            let Some((entry, expect)) = legible(unsealed(&told.entry, row.as_ref()))?.flatten() else {
                continue;
            };
            if let Some(line) = &told.line {
                tip.fed += 1;
                let line = Line { sealed_at: self.clock.now(), ..line.clone() };
                writes.push(Write::Put(line.put(owner, tip.fed)?));
            }
            let seal = Some(tip.head.seal(owner, &entry));
            let body = audit::Record { entry, seal }.body()?;
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

/// The entry to be sealed, unless it is.
fn unsealed(told: &Option<Box<RawValue>>, row: Option<&Row>) -> Result<Option<(Box<RawValue>, Expect)>> {
    let Some(row) = row else { return Ok(told.clone().map(|entry| (entry, Expect::Absent))) };
    let audit::Record { entry, seal } = audit::Record::of(&row.key, &row.body)?;
    Ok(seal.is_none().then_some((entry, Expect::Version(row.version))))
}

fn put(key: RowKey, body: String, expires: Option<Expiry>, expect: Expect) -> Write {
    Write::Put(Put { expires, ..Put::new(key, body, expect) })
}

fn expectation(row: Option<&Row>) -> Expect {
    row.map_or(Expect::Absent, |row| Expect::Version(row.version))
}
