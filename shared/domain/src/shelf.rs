//! Typed access to the rows of one owner: a shelf holds entities of one kind. Versions, paging and the trash are
//! done here once, over the narrow port.

use crate::id::{ConnectionId, OpId, OwnerId, RequestId, UndoId};
use crate::list::List;
use crate::sift::{Listing, sift_on};
use crate::table::{Expect, Expiry, Page, Places, Put, Query, Row, RowKey, Table, Write};
use crate::{Error, Result, schema};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

/// What can lie on a shelf.
pub trait Entity: Serialize + DeserializeOwned + Send + Sync + 'static {
    type Id: Clone
        + Display
        + FromStr<Err: Display>
        + Serialize
        + DeserializeOwned
        + JsonSchema
        + Send
        + Sync
        + 'static;
    const NAME: &'static str;

    fn key(owner: OwnerId, id: Self::Id) -> RowKey;
    fn all(owner: OwnerId) -> Query;
    fn id(&self) -> Self::Id;
    fn version(&self) -> u64;
    fn set_version(&mut self, version: u64);

    /// Where else it is found (see `schema`).
    fn places(&self) -> Places {
        Places::new()
    }

    /// When it is no longer there, if it ends by itself.
    fn expires(&self) -> Option<Expiry> {
        None
    }
}

/// Who writes, in which call, when: what every written row remembers.
#[derive(Debug, Clone, Copy)]
pub struct Writer {
    pub at: Timestamp,
    pub source: Source,
    pub op: OpId,
}

impl Writer {
    /// When an item was last written that is written now: what is imported says when that was where it comes from.
    pub fn stamp(&self, updated_at: Timestamp) -> Timestamp {
        if self.source.imported_at.is_some() { updated_at } else { self.at }
    }
}

/// Which connection wrote (none: the owner), in which call, and, where what was written was undone, in which undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Source {
    pub connection: Option<ConnectionId>,
    pub request: RequestId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoId>,
    /// The version as which an undo brought it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<u64>,
    /// When an import brought it here; `updated_at` is then of where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Timestamp>,
}

impl Source {
    pub const fn of(connection: Option<ConnectionId>, request: RequestId) -> Self {
        Self { connection, request, undo: None, back_to: None, imported_at: None }
    }
}

/// A deleted entity, as it lies in the trash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trashed<T> {
    pub entity: T,
    pub deleted_at: Timestamp,
    pub source: Source,
}

/// What there is under an id.
#[derive(Debug)]
pub enum Left<T> {
    There(T),
    /// Deleted, and in the trash with this version.
    InTrash(T, u64),
    Nothing,
}

pub struct Shelf<'a, T> {
    table: &'a dyn Table,
    owner: OwnerId,
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: Entity> Shelf<'a, T> {
    pub fn new(table: &'a dyn Table, owner: OwnerId) -> Self {
        Self { table, owner, kind: PhantomData }
    }

    pub async fn get(&self, id: T::Id) -> Result<T> {
        let row = self.table.get(&T::key(self.owner, id)).await?.ok_or(Error::NotFound(T::NAME))?;
        read(&row)
    }

    /// Also of what was deleted.
    pub async fn left(&self, id: T::Id) -> Result<Left<T>> {
        let key = T::key(self.owner, id);
        let rows = self.table.get_many(&[schema::trash_of(&key), key]).await?;
        let [trashed, there] = rows.as_slice() else { return Ok(Left::Nothing) };
        if let Some(row) = there {
            return read(row).map(Left::There);
        }
        let Some(row) = trashed else { return Ok(Left::Nothing) };
        let trashed: Trashed<T> =
            serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?;
        Ok(Left::InTrash(trashed.entity, row.version))
    }

    /// In the order of the ids, at most 100; what is not there is `None`.
    pub async fn some(&self, ids: impl IntoIterator<Item = T::Id>) -> Result<Vec<Option<T>>> {
        let keys: Vec<_> = ids.into_iter().map(|id| T::key(self.owner, id)).collect();
        let rows = self.table.get_many(&keys).await?;
        rows.iter().map(|row| row.as_ref().map(read).transpose()).collect()
    }

    /// Newest first.
    pub async fn list(&self, after: Option<String>, limit: usize) -> Result<Listing<T>> {
        let list = List::from(T::all(self.owner)).newest_first();
        let first = list.page(self.table, after.as_deref(), limit).await?;
        self.kept(&list, first, limit, |_| true).await
    }

    /// What `keep` lets through of a page and of what comes after it in the list.
    pub async fn kept(
        &self,
        list: &List,
        first: Page,
        limit: usize,
        keep: impl Fn(&T) -> bool,
    ) -> Result<Listing<T>> {
        let keep = |row: &Row| Ok(Some(read(row)?).filter(&keep));
        sift_on(self.table, list, first, limit, keep).await
    }

    pub async fn first_of(&self, list: &Query) -> Result<Option<T>> {
        self.table.query(&list.clone().page(None, 1)).await?.rows.first().map(read).transpose()
    }

    /// Everything on the shelf; for kinds of which an owner has few.
    pub async fn all(&self) -> Result<Vec<T>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.list(after, 100).await?;
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// What a delete writes, for a transaction that does more. The versions of what lies in the trash count on, so that
    /// no two changes of an entity have the same.
    pub fn trashing(&self, entity: T, writer: Writer) -> Result<[Write; 2]> {
        let key = T::key(self.owner, entity.id());
        let version = entity.version();
        let expires = [schema::trash_expiry(writer.at)].into_iter().chain(entity.expires()).min();
        let delete = Write::Delete { key: key.clone(), version };
        let trashed = Trashed { entity, deleted_at: writer.at, source: writer.source };
        let body = serde_json::to_string(&trashed).map_err(Error::internal)?;
        let trash = schema::trash_of(&key);
        let places = schema::trash_places(&trash, writer.at);
        let put = Put { expires, places, ..Put::new(trash, body, Expect::Gone(version)) };
        Ok([delete, Write::Put(put)])
    }

    /// The entity as it will be, and what makes it so, for a transaction that writes more than this.
    pub fn put(&self, entity: T, expect: Expect) -> Result<(T, Put)> {
        put(entity, self.owner, expect)
    }
}

/// What makes an entity of this owner as it will be, and how that is.
pub(crate) fn put<T: Entity>(mut entity: T, owner: OwnerId, expect: Expect) -> Result<(T, Put)> {
    entity.set_version(expect.next());
    let key = T::key(owner, entity.id());
    let body = serde_json::to_string(&entity).map_err(Error::internal)?;
    let (places, expires) = (entity.places(), entity.expires());
    Ok((entity, Put { places, expires, ..Put::new(key, body, expect) }))
}

/// What lies in a row of this kind.
pub fn read<T: Entity>(row: &Row) -> Result<T> {
    serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
}
