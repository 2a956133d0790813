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
        Ok(Self { format, head, lasting, first: head.seq + 1, after: None })
    }

    /// The next page, and what is left then.
    pub(super) async fn page(mut self, table: &dyn Table, owner: OwnerId) -> Result<(String, Option<Self>)> {
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
        if self.after.is_some() {
            return Ok((text, Some(self)));
        }
        if self.format == Format::Jsonl {
            let Head { seq, hash } = self.head;
            text.push_str(&json(&LastLine { head: End { first: self.first, seq, hash } })?);
        }
        Ok((text, None))
    }

    fn row(&mut self, owner: OwnerId, row: &Row) -> Result<String> {
        let Record { entry, seal } = Record::of(&row.key, &row.body)?;
        let lasts = row.expires.is_none_or(|expires| expires > self.lasting);
        let Some(seal) = seal.filter(|seal| lasts && seal.seq <= self.head.seq) else {
            return Ok(String::new());
        };
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
