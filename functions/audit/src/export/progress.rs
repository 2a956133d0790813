//! How far an export is. It can be put away between two pages, and holds nothing of what was sent.

use super::Format;
use domain::audit::{End, Entry, Head, LastLine, Line, Record, Seal, Tip};
use domain::id::OwnerId;
use domain::table::{Expiry, Row, Table};
use domain::{Error, Result, csv, schema};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const ROWS_IN_A_PAGE: usize = 100;

/// An export is over by then: no entry leaves while it is made, which would be a gap.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

const COLUMNS: [&str; 13] = [
    "seq",
    "id",
    "at",
    "actor",
    "action",
    "result",
    "connection",
    "target",
    "fields",
    "reason",
    "request",
    "from",
    "hash",
];

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Progress {
    format: Format,
    /// What is sealed later is not part of it, wherever it lies.
    head: Head,
    lasting: Expiry,
    /// The least that was met.
    first: u64,
    after: Option<String>,
    /// Nothing is left.
    pub(super) is_over: bool,
}

impl Progress {
    pub(super) async fn begin(
        table: &dyn Table,
        owner: OwnerId,
        format: Format,
        now: Timestamp,
    ) -> Result<Self> {
        let head = Tip::of(owner, table.get(&schema::chain(owner)).await?.as_ref())?.head;
        let lasting = Expiry::at(now + LONGEST);
        Ok(Self { format, head, lasting, first: head.seq + 1, after: None, is_over: false })
    }

    /// Where the chain ends and begins, by the entries of the first page: they are sealed roughly in their order.
    pub(super) async fn end(table: &dyn Table, owner: OwnerId, now: Timestamp) -> Result<End> {
        let progress = Self::begin(table, owner, Format::Jsonl, now).await?;
        let page = table.query(&schema::audit_between(owner, None, None).page(None, ROWS_IN_A_PAGE)).await?;
        let seals = page.rows.iter().filter_map(|row| progress.sealed(row).ok().flatten());
        let first = seals.map(|(_, seal)| seal.seq).min().unwrap_or(progress.first);
        Ok(End { first, ..progress.so_far() })
    }

    /// For the log, once the first page was read: as much as there is of the chain.
    pub(super) fn said(&self) -> String {
        let (End { first, seq, .. }, format) = (self.so_far(), self.format.name());
        let count = seq + 1 - first;
        if count == 0 {
            format!("{format}: nothing")
        } else {
            format!("{format}: {count} entries, {first} to {seq}")
        }
    }

    pub(super) async fn page(&mut self, table: &dyn Table, owner: OwnerId) -> Result<String> {
        let mut text = String::new();
        if self.after.is_none() && self.format == Format::Csv {
            text.push_str(&csv::line(COLUMNS));
        }
        let all = schema::audit_between(owner, None, None);
        let page = table.query(&all.page(self.after.take(), ROWS_IN_A_PAGE)).await?;
        for row in &page.rows {
            // Whoever verifies the export finds that it is missing.
            match self.row(owner, row) {
                Ok(line) => text.push_str(&line),
                Err(error) => tracing::error!(%error, "an entry is left out"),
            }
        }
        self.after = page.next;
        self.is_over = self.after.is_none();
        if self.is_over && self.format == Format::Jsonl {
            text.push_str(&json(&LastLine { head: self.so_far() })?);
        }
        Ok(text)
    }

    fn so_far(&self) -> End {
        End { first: self.first, seq: self.head.seq, hash: self.head.hash }
    }

    /// What is part of it.
    fn sealed(&self, row: &Row) -> Result<Option<(Box<RawValue>, Seal)>> {
        let Record { entry, seal } = Record::of(&row.key, &row.body)?;
        let lasts = row.expires.is_none_or(|expires| expires > self.lasting);
        Ok(seal.filter(|seal| lasts && seal.seq <= self.head.seq).map(|seal| (entry, seal)))
    }

    fn row(&mut self, owner: OwnerId, row: &Row) -> Result<String> {
        let Some((entry, seal)) = self.sealed(row)? else { return Ok(String::new()) };
        self.first = self.first.min(seal.seq);
        match self.format {
            Format::Csv => cells(&entry, seal).map_err(|error| Error::unreadable(&row.key, &error)),
            Format::Jsonl => {
                let Seal { seq, prev, hash } = seal;
                json(&Line { seq, prev, hash, owner, entry: &entry })
            }
        }
    }
}

fn json(line: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(line).map_err(Error::internal)? + "\n")
}

fn cells(entry: &RawValue, seal: Seal) -> serde_json::Result<String> {
    let entry: Entry = serde_json::from_str(entry.get())?;
    let text = |text: Option<String>| text.unwrap_or_default();
    let cells = [
        seal.seq.to_string(),
        entry.id.to_string(),
        entry.at.to_string(),
        entry.actor.to_string(),
        entry.action,
        entry.result.to_string(),
        text(entry.connection.map(|id| id.to_string())),
        text(entry.target),
        entry.fields.join(" "),
        text(entry.reason),
        text(entry.request.map(|id| id.to_string())),
        text(entry.from),
        seal.hash.to_string(),
    ];
    Ok(csv::line(cells.iter().map(String::as_str)))
}
