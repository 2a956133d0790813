//! Port: the ledger, where is noted what happened beside the owner's data. A note is written behind the answer
//! wherever the host allows, so that no call waits for it.

use crate::activity::{Activity, Seen};
use crate::id::{ChangeId, ConnectionId, OpId, OwnerId};
use crate::notice::Notice;
use crate::table::{Addition, Counters, Expect, Expiry, Put, Record, RowKey, Table};
use crate::{Error, Result, audit, schema, usage};
use async_trait::async_trait;
use futures_util::future::{join_all, join3};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

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
    Audit(audit::Entry),
    /// Written only if this notice is not there yet.
    Notice(Notice),
    Count(Addition),
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
    puts: Vec<Put>,
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
        let (counted, recorded, told) = join3(
            join_all(rows.counts.values().map(|count| count.write(&*self.table))),
            self.record(rows.records.into_values().collect()),
            join_all(rows.puts.into_iter().map(|put| self.put(put))),
        )
        .await;
        for error in counted.into_iter().chain([recorded]).chain(told).filter_map(Result::err) {
            tracing::error!(%error, "notes were lost");
        }
    }

    fn lay_out(&self, rows: &mut Rows, owner: OwnerId, note: Note) -> Result<()> {
        match note {
            Note::Call { call, limited, keep_until } => {
                let usage = schema::usage(owner, call.connection, call.at);
                usage::count(&mut rows.count(usage, schema::usage_expiry(call.at)).add, &call, limited);
                let Some(until) = keep_until.filter(|_| !limited) else { return Ok(()) };
                if let Some(seen) = self.newly_seen(&call) {
                    rows.record(schema::seen(owner, call.connection), json(&seen)?, None);
                }
                let key = schema::activity(owner, call.connection, call.id);
                rows.record(key, json(&call)?, Some(Expiry::at(until)));
                Ok(())
            }
            Note::Audit(entry) => {
                // Never written over: by a second try it may be sealed.
                let (key, body) = entry.noted(owner)?;
                rows.puts.push(Put::new(key, body, Expect::Absent));
                Ok(())
            }
            Note::Notice(notice) => {
                rows.puts.push(notice.put(owner)?);
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

    /// Once a minute, or when it comes from elsewhere; what is noted late is not the last call. A key that was
    /// refused did not use the connection.
    fn newly_seen(&self, call: &Activity) -> Option<Seen> {
        if call.status == 401 {
            return None;
        }
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

    async fn record(&self, records: Vec<Record>) -> Result<()> {
        if records.is_empty() { Ok(()) } else { self.table.record(records).await }
    }

    /// Whoever tells it again tells the same: the second one changes nothing.
    async fn put(&self, put: Put) -> Result<()> {
        let same = ChangeId::of(put.key.owner, &put.key.sort, put.expect.next());
        match self.table.put(put, OpId::from_bytes(*same.as_bytes())).await {
            Ok(_) | Err(Error::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Rows {
    fn count(&mut self, key: RowKey, expires: Expiry) -> &mut Addition {
        let of = key.clone();
        let nothing = || Addition { key: of, add: Counters::new(), drop: BTreeSet::new(), expires };
        self.counts.entry(key).or_insert_with(nothing)
    }

    fn record(&mut self, key: RowKey, body: String, expires: Option<Expiry>) {
        self.records.insert(key.clone(), Record { key, body, expires });
    }
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
