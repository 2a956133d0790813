//! Port: the ledger, where is noted what happened beside the owner's data. A note is written behind the answer
//! wherever the host allows, so that no call waits for it.

use crate::activity::{Activity, Seen};
use crate::id::{ChangeId, ConnectionId, OpId, OwnerId};
use crate::notice::Notice;
use crate::table::{Addition, Counters, Expect, Expiry, Put, Record, RowKey, Table, Write};
use crate::{Error, Result, audit, schema, usage};
use async_trait::async_trait;
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// So many calls of an hour whose key does not hold are told one by one, so that who hammers with it fills no log.
const MOST_REFUSALS: i64 = 100;

/// Of how many connections it is remembered when they were last seen.
const MOST_REMEMBERED: usize = 10_000;

#[async_trait]
pub trait Ledger: Send + Sync {
    async fn note(&self, owner: OwnerId, note: Note);
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A call was answered: counted under usage and, unless a limit refused it, kept.
    Call {
        call: Activity,
        limited: bool,
        /// None: it is counted only.
        keep_until: Option<Timestamp>,
    },
    /// A call whose key did not hold: counted apart, and kept like the others if it is among the first.
    Refused(Box<Refused>),
    Audit(audit::Entry),
    /// The owner's sign-in of this name: written only if it is not there yet.
    SignedIn {
        name: String,
        entry: Box<audit::Entry>,
    },
    /// Written only if this notice is not there yet.
    Notice(Notice),
    Count(Addition),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub call: Activity,
    pub denied: audit::Entry,
    /// None: it is told in the audit log only.
    pub keep_until: Option<Timestamp>,
}

/// Writes each note at once.
pub struct Direct {
    table: Arc<dyn Table>,
    /// Each connection's last call that was written.
    remembered: Mutex<BTreeMap<ConnectionId, Seen>>,
}

/// The rows that some notes come to.
#[derive(Default)]
struct Rows {
    counts: BTreeMap<RowKey, Addition>,
    records: BTreeMap<RowKey, Record>,
    /// Those that lie together are written together.
    puts: Vec<Vec<Put>>,
    /// By where they are counted, in the order in which they came.
    refused: BTreeMap<RowKey, Vec<Refused>>,
}

impl Direct {
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table, remembered: Mutex::default() }
    }

    /// All that can be counted together is counted by one write. What cannot be written is lost, and in the log.
    pub async fn write(&self, notes: Vec<(OwnerId, Note)>) {
        let mut rows = Rows::default();
        for (owner, note) in notes {
            if let Err(error) = self.lay_out(&mut rows, owner, note) {
                tracing::error!(%error, "a note was lost");
            }
        }
        let counted = join_all(rows.counts.values().map(|count| count.write(&*self.table)));
        let (counted, ()) = join(counted, self.lay(rows.records, rows.puts)).await;
        let mut told = Rows::default();
        for (row, counters) in rows.counts.into_keys().zip(counted) {
            let refused = rows.refused.remove(&row).unwrap_or_default();
            let done = counters.and_then(|counters| told.first_of(row.owner, refused, &counters));
            done.unwrap_or_else(|error| tracing::error!(%error, "notes were lost"));
        }
        self.lay(told.records, told.puts).await;
    }

    fn lay_out(&self, rows: &mut Rows, owner: OwnerId, note: Note) -> Result<()> {
        match note {
            Note::Call { call, limited, keep_until } => {
                let usage = schema::usage(owner, call.connection, call.at);
                usage::count(&mut rows.count(usage, Some(schema::usage_expiry(call.at))).add, &call, limited);
                let Some(until) = keep_until.filter(|_| !limited) else { return Ok(()) };
                if let Some(seen) = self.newly_seen(&call) {
                    rows.record(schema::seen(owner, call.connection), json(&seen)?, None);
                }
                rows.keep(owner, &call, until)
            }
            Note::Refused(refused) => {
                let Activity { connection, at, .. } = refused.call;
                let usage = schema::usage(owner, connection, at);
                let count = rows.count(usage.clone(), Some(schema::usage_expiry(at)));
                usage::count_refused_key(&mut count.add);
                rows.refused.entry(usage).or_default().push(*refused);
                Ok(())
            }
            Note::Audit(entry) => rows.audit(owner, &entry),
            Note::SignedIn { name, entry } => {
                let known = Put::new(schema::signed_in(owner, &name), "{}".to_owned(), Expect::Absent);
                let known = Put { expires: Some(schema::signed_in_expiry(entry.at)), ..known };
                rows.puts.push(vec![noted(&entry, owner)?, known]);
                Ok(())
            }
            Note::Notice(notice) => {
                rows.puts.push(vec![notice.put(owner)?]);
                Ok(())
            }
            Note::Count(Addition { key, add, drop, expires }) => {
                let count = rows.count(key, expires);
                count.drop.extend(drop);
                for (name, more) in add {
                    *count.add.entry(name).or_default() += more;
                }
                Ok(())
            }
        }
    }

    /// Once a minute, or when it comes from elsewhere; what is noted late is not the last call.
    fn newly_seen(&self, call: &Activity) -> Option<Seen> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = |at: Timestamp| at.as_second() / 60;
        let is_known =
            |last: &Seen| call.at < last.at || (minute(last.at) == minute(call.at) && last.from == call.from);
        if remembered.get(&call.connection).is_some_and(is_known) {
            return None;
        }
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        let seen = Seen { connection: call.connection, at: call.at, from: call.from.clone() };
        remembered.insert(call.connection, seen.clone());
        Some(seen)
    }

    async fn lay(&self, records: BTreeMap<RowKey, Record>, puts: Vec<Vec<Put>>) {
        let puts = join_all(puts.into_iter().map(|puts| self.put(puts)));
        let (recorded, told) = join(self.record(records.into_values().collect()), puts).await;
        for error in [recorded].into_iter().chain(told).filter_map(Result::err) {
            tracing::error!(%error, "notes were lost");
        }
    }

    async fn record(&self, records: Vec<Record>) -> Result<()> {
        if records.is_empty() { Ok(()) } else { self.table.record(records).await }
    }

    /// Whoever tells it again tells the same: the second one changes nothing.
    async fn put(&self, mut puts: Vec<Put>) -> Result<()> {
        let same = puts.first().map(|put| ChangeId::of(put.key.owner, &put.key.sort, put.expect.next()));
        let (Some(same), Some(put)) = (same, puts.pop()) else { return Ok(()) };
        let op = OpId::from_bytes(*same.as_bytes());
        let done = if puts.is_empty() {
            self.table.put(put, op).await.map(drop)
        } else {
            puts.push(put);
            self.table.transact(puts.into_iter().map(Write::Put).collect(), op).await
        };
        match done {
            Err(Error::Conflict) => Ok(()),
            done => done,
        }
    }
}

impl Rows {
    fn count(&mut self, key: RowKey, expires: Option<Expiry>) -> &mut Addition {
        let of = key.clone();
        let nothing = || Addition { key: of, add: Counters::new(), drop: BTreeSet::new(), expires };
        self.counts.entry(key).or_insert_with(nothing)
    }

    /// Of refused calls that are among these counted ones, the first of their hour.
    fn first_of(&mut self, owner: OwnerId, refused: Vec<Refused>, counted: &Counters) -> Result<()> {
        let counted = counted.get(usage::REFUSED_KEYS).copied().unwrap_or_default();
        let before = counted.saturating_sub_unsigned(refused.len() as u64);
        let left = usize::try_from(MOST_REFUSALS - before).unwrap_or_default();
        for Refused { call, denied, keep_until } in refused.into_iter().take(left) {
            self.audit(owner, &denied)?;
            keep_until.map_or(Ok(()), |until| self.keep(owner, &call, until))?;
        }
        Ok(())
    }

    fn keep(&mut self, owner: OwnerId, call: &Activity, until: Timestamp) -> Result<()> {
        let key = schema::activity(owner, call.connection, call.id);
        self.record(key, json(call)?, Some(Expiry::at(until)));
        Ok(())
    }

    fn audit(&mut self, owner: OwnerId, entry: &audit::Entry) -> Result<()> {
        self.puts.push(vec![noted(entry, owner)?]);
        Ok(())
    }

    fn record(&mut self, key: RowKey, body: String, expires: Option<Expiry>) {
        self.records.insert(key.clone(), Record { key, body, expires });
    }
}

/// Never written over: by a second try it may be sealed.
fn noted(entry: &audit::Entry, owner: OwnerId) -> Result<Put> {
    let (key, body) = entry.noted(owner)?;
    Ok(Put::new(key, body, Expect::Absent))
}

fn json(body: &impl Serialize) -> Result<String> {
    serde_json::to_string(body).map_err(Error::internal)
}

#[async_trait]
impl Ledger for Direct {
    async fn note(&self, owner: OwnerId, note: Note) {
        self.write(vec![(owner, note)]).await;
    }
}
