//! What is written with a connection's record, in one transaction: its gate, its short name, what is due because of it,
//! and, of a webhook, that who remembers webhooks has to look again.

use super::{Connection, Disabled, Kind, Reason, Status};
use crate::change::NOBODY;
use crate::id::{OpId, OwnerId};
use crate::shelf::{Entity as _, Shelf, Writer};
use crate::table::{Expect, Put, Table, Write};
use crate::{Result, due, schema};
use jiff::Timestamp;

impl Connection {
    /// As it will be, and what makes it.
    pub fn opening(self, table: &dyn Table, owner: OwnerId) -> Result<(Self, Vec<Write>)> {
        let (connection, put) = Shelf::new(table, owner).put(self, Expect::Absent)?;
        let puts = [Some(put), Some(connection.slug_row(owner)), due::row(owner, &connection)?];
        let writes = puts.into_iter().flatten().map(Write::Put).chain([connection.gate(owner, None)]);
        let writes = writes.chain(connection.stirs(owner)).collect();
        Ok((connection, writes))
    }

    /// As it will be after a change, and what makes it so.
    pub fn rewriting(
        mut self,
        before: &Self,
        table: &dyn Table,
        owner: OwnerId,
        by: &Writer,
    ) -> Result<(Self, Vec<Write>)> {
        (self.updated_at, self.source) = (by.at, Some(by.source));
        let (after, put) = Shelf::new(table, owner).put(self, Expect::Version(before.version()))?;
        let mut writes = vec![Write::Put(put), after.gate(owner, Some(before))];
        writes.extend(after.stirs(owner));
        if after.slug != before.slug {
            let version = Expect::Absent.next();
            writes.push(Write::Delete { key: schema::slug(owner, &before.slug), version });
            writes.push(Write::Put(after.slug_row(owner)));
        }
        if after.expires_at != before.expires_at {
            writes.extend(due::row(owner, &after)?.map(Write::Put));
        }
        Ok((after, writes))
    }

    /// What Larder itself does to a webhook, so that its owner looks.
    pub fn disabling(
        &self,
        reason: Reason,
        table: &dyn Table,
        owner: OwnerId,
        by: (Timestamp, OpId),
    ) -> Result<Vec<Write>> {
        let (at, op) = by;
        let disabled = Some(Disabled { at, reason });
        let after = Self { status: Status::Inactive, disabled, ..self.clone() };
        let (_, writes) = after.rewriting(self, table, owner, &Writer { at, source: NOBODY, op })?;
        Ok(writes)
    }

    /// What goes with every write of a webhook.
    pub fn stirs(&self, owner: OwnerId) -> Option<Write> {
        (self.face.kind() == Kind::Webhook).then(|| Write::Touch { key: schema::hooks(owner) })
    }

    /// The row that makes a slug somebody's.
    pub fn slug_row(&self, owner: OwnerId) -> Put {
        Put::new(schema::slug(owner, &self.slug), format!("\"{}\"", self.id), Expect::Absent)
    }

    /// With a slug that nobody else has, for a name that is in use.
    #[must_use]
    pub fn with_slug_of_its_own(self) -> Self {
        let id = self.id.to_string();
        let slug = self.slug.with_ending(id.get(id.len() - 6..).unwrap_or(&id));
        Self { slug, ..self }
    }
}
