//! A backup: what a connection may read, put away part by part by whoever waits for it, and kept for a day. It is good
//! for as long as its connection is as it was when it began: whatever its owner changes there, the grant or anything
//! else, ends it.

use crate::connection::{Connection, Status as Standing};
use crate::id::{BackupId, ConnectionId, OpId, OwnerId};
use crate::moving::{self, Document, Place, Reader};
use crate::shelf::Entity as _;
use crate::table::{Expect, Expiry, Put, Row, Table, Write};
use crate::{Error, Result, schema};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How many of a connection are kept at once.
pub const MOST: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    pub id: BackupId,
    pub connection: ConnectionId,
    /// The version of the connection that it began with.
    of: u64,
    /// By the names of the document.
    lists: Vec<String>,
    /// Where it goes on; none at its beginning and at its end.
    next: Option<Place>,
    pub status: Status,
    /// How many are in it so far.
    pub items: u64,
    pub parts: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    Working,
    Completed,
    /// The connection was changed by its owner meanwhile.
    Failed,
    Cancelled,
}

/// One connection's backups.
pub struct Backups<'a> {
    pub table: &'a dyn Table,
    pub owner: OwnerId,
    pub connection: &'a Connection,
}

impl Backups<'_> {
    /// It is there, and nothing is in it yet.
    pub async fn begin(&self, id: BackupId, lists: Vec<String>, at: Timestamp, op: OpId) -> Result<Backup> {
        let connection = self.connection.id;
        let kept = self.table.query(&schema::backups(self.owner, connection).page(None, MOST)).await?;
        if kept.rows.len() >= MOST {
            let detail = format!("{MOST} backups are kept, each for 24 hours; fetch one of them, or wait");
            return Err(Error::InTheWay(detail));
        }
        let backup = Backup {
            id,
            connection,
            of: self.connection.version,
            lists,
            next: None,
            status: Status::Working,
            items: 0,
            parts: 0,
            created_at: at,
            updated_at: at,
            version: 0,
        };
        let version = self.table.put(backup.put(self.owner, Expect::Absent)?, op).await?;
        Ok(Backup { version, ..backup })
    }

    pub async fn find(&self, id: BackupId) -> Result<Backup> {
        let row = self.table.get(&schema::backup(self.owner, self.connection.id, id)).await?;
        Backup::of(&row.ok_or(Error::NotFound(NAME))?)
    }

    /// One part more. Of two who do this at once one does it, and the other is told what was done.
    pub async fn step(&self, backup: Backup, at: Timestamp, op: OpId) -> Result<Backup> {
        if backup.status != Status::Working {
            return Ok(backup);
        }
        let (id, expect) = (backup.id, Expect::Version(backup.version));
        let (after, part) = self.stepped(backup, at).await?;
        let put = after.put(self.owner, expect)?;
        let writes = part.into_iter().chain([put]).map(Write::Put).collect();
        match self.table.transact(writes, op).await {
            Ok(()) => Ok(Backup { version: expect.next(), ..after }),
            Err(Error::Conflict) => self.find(id).await,
            Err(error) => Err(error),
        }
    }

    async fn stepped(&self, backup: Backup, at: Timestamp) -> Result<(Backup, Option<Put>)> {
        let mut after = Backup { updated_at: at, ..backup };
        if after.of != self.connection.version {
            after.status = Status::Failed;
            return Ok((after, None));
        }
        let reader = Reader::Connection { connection: self.connection, lists: &after.lists, at };
        let page = moving::page(self.table, self.owner, &reader, after.next.take()).await?;
        let count = page.count();
        after.items += u64::try_from(count).map_err(Error::internal)?;
        if page.next.is_none() {
            after.status = Status::Completed;
        }
        // There is always one to fetch.
        let part = count > 0 || (page.next.is_none() && after.parts == 0);
        let part = part.then(|| {
            after.parts += 1;
            let body = serde_json::to_string(&Document { at, page: &page }).map_err(Error::internal)?;
            let key = schema::backup_part(self.owner, after.id, after.parts);
            Ok(Put { expires: Some(after.expires()), ..Put::new(key, body, Expect::Absent) })
        });
        let part = part.transpose()?;
        after.next = page.next;
        Ok((after, part))
    }

    /// What is over stays as it is.
    pub async fn cancel(&self, id: BackupId, at: Timestamp, op: OpId) -> Result<()> {
        loop {
            let backup = self.find(id).await?;
            if backup.status != Status::Working {
                return Ok(());
            }
            let expect = Expect::Version(backup.version);
            let cancelled = Backup { status: Status::Cancelled, updated_at: at, ..backup };
            match self.table.put(cancelled.put(self.owner, expect)?, op).await {
                Err(Error::Conflict) => {}
                done => return done.map(|_| ()),
            }
        }
    }
}

const NAME: &str = "backup";

impl Backup {
    pub fn until(&self) -> Timestamp {
        self.created_at + KEPT
    }

    /// A part of one that is complete, and how many there are, for as long as its connection is as it was.
    pub async fn part(
        table: &dyn Table,
        (owner, connection, id): (OwnerId, ConnectionId, BackupId),
        number: u32,
        now: Timestamp,
    ) -> Result<(String, u32)> {
        let keys = [
            Connection::key(owner, connection),
            schema::backup(owner, connection, id),
            schema::backup_part(owner, id, number),
        ];
        let rows = table.get_many(&keys).await?;
        let [Some(connection), Some(backup), Some(part)] = rows.as_slice() else {
            return Err(Error::NotFound(NAME));
        };
        let backup = Self::of(backup)?;
        let connection: Connection = serde_json::from_str(&connection.body)
            .map_err(|error| Error::unreadable(&connection.key, &error))?;
        let lives = connection.expires_at.is_none_or(|end| now < end);
        let is_as_it_was = connection.version == backup.of && connection.status == Standing::Active && lives;
        if !is_as_it_was || backup.status != Status::Completed {
            return Err(Error::NotFound(NAME));
        }
        Ok((part.body.clone(), backup.parts))
    }

    fn expires(&self) -> Expiry {
        Expiry::at(self.until())
    }

    fn of(row: &Row) -> Result<Self> {
        let backup: Self =
            serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?;
        Ok(Self { version: row.version, ..backup })
    }

    fn put(&self, owner: OwnerId, expect: Expect) -> Result<Put> {
        let body = serde_json::to_string(self).map_err(Error::internal)?;
        let key = schema::backup(owner, self.connection, self.id);
        Ok(Put { expires: Some(self.expires()), ..Put::new(key, body, expect) })
    }
}
