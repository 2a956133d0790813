//! What happened to one item, as far as a connection may read it: newest first.

use crate::call::Call;
use crate::page::{Page, PageParams, cursor};
use crate::problem::Problem;
use domain::access::{Facts, Scope};
use domain::change::{By, Change, Seen, Sight};
use domain::id::UndoId;
use domain::list::List;
use domain::noun::Noun;
use domain::sift::{Listing, sift_on};
use domain::table::{Row, RowKey};
use domain::{Error, schema, table};
use futures_util::future::{OptionFuture, try_join3};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

pub struct History<'a>(pub &'a Call);

/// How much of what people wrote one answer may hold.
pub(crate) const MOST_BYTES: usize = 2 * 1024 * 1024;

/// One change of an item.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PastChange {
    /// That it had afterwards.
    pub version: u64,
    pub verb: Sight,
    pub at: Timestamp,
    /// `own` for the connection that asks, `owner`, or which other connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// The undo that it was part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoId>,
    /// The names of the fields that changed.
    pub fields: Vec<String>,
    /// The item as it was; null if it was not there.
    pub before: Option<Map<String, Value>>,
    /// The item as it was then; null if it is gone.
    pub after: Option<Map<String, Value>>,
}

impl History<'_> {
    /// Of whoever may get the item; of one that was deleted, of whoever could have got it.
    pub async fn of<T: Noun>(&self, id: T::Id, params: &PageParams) -> Result<Page<PastChange>, Problem> {
        let Self(call) = self;
        let key = T::key(call.owner(), id);
        let what = schema::what(&key).ok_or_else(|| Error::internal("an item that is no data"))?;
        let (list, limit) = (format!("history of {what}"), params.limit()?);
        let after = params.place(call.app(), call.owner(), &list).await?;
        let all = List::from(schema::history_of(call.owner(), what)).newest_first();
        let (scope, (current, last, first)) =
            call.may(&T::DOES.get, self.read(&key, &all, after, limit)).await?;
        let last = last.as_ref().unwrap_or(&first);
        let sight = sight::<T>(current.as_ref(), last.rows.first(), &scope, call.at())?;
        let scope = sight.ok_or(Error::NotFound(T::NAME))?;
        let keep = |row: &Row| {
            let past = PastChange::of(row, &scope)?;
            Ok(past.map(|past| (past, all.position(row), row.body.len())))
        };
        let (data, next) = cut(sift_on(&*call.app().table, &all, first, limit, keep).await?);
        Ok(Page { data, next_cursor: cursor(next.as_deref(), call.app(), call.owner(), &list).await? })
    }

    /// The item, its last change where a page does not begin with it, and the page.
    async fn read(
        &self,
        key: &RowKey,
        all: &List,
        after: Option<String>,
        limit: usize,
    ) -> domain::Result<(Option<Row>, Option<table::Page>, table::Page)> {
        let table = &self.0.app().table;
        let last = after.as_ref().map(|_| all.page(&**table, None, 1));
        let last = async { OptionFuture::from(last).await.transpose() };
        try_join3(table.get(key), last, all.page(&**table, after.as_deref(), limit)).await
    }
}

/// What a caller who reads the item as it is, or was last, sees of its past: nothing that is hidden now. `None` if they
/// would not find it.
fn sight<'g, T: Noun>(
    current: Option<&Row>,
    last: Option<&Row>,
    scope: &Scope<'g>,
    now: Timestamp,
) -> domain::Result<Option<Scope<'g>>> {
    let state = match (current, last) {
        (Some(row), _) => {
            serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?
        }
        (None, Some(row)) => Change::kept(row)?.object()?.clone(),
        // One of a kind is there before anybody has written it.
        (None, None) => return Ok(T::DOES.is_one.then_some(*scope)),
    };
    let facts = Facts::of(T::NAME, &state).map_err(Error::internal)?;
    let subject = facts.subject();
    Ok(scope.of(&subject).filter(|_| !facts.is_over(now)).map(|_| scope.hiding(subject.hidden)))
}

/// A page of large items ends early: each with its place in the list, and how large it is.
pub(crate) fn cut<T>(listing: Listing<(T, String, usize)>) -> (Vec<T>, Option<String>) {
    let (mut data, mut next, mut bytes) = (Vec::new(), listing.next, 0);
    for (item, place, size) in listing.items {
        if bytes > MOST_BYTES {
            break;
        }
        bytes += size;
        data.push(item);
        if bytes > MOST_BYTES {
            next = Some(place);
        }
    }
    (data, next)
}

impl PastChange {
    fn of(row: &Row, scope: &Scope<'_>) -> domain::Result<Option<Self>> {
        let change = Change::kept(row)?;
        let (version, at) = (schema::history_version(&row.key).unwrap_or_default(), change.at);
        let seen = change.seen(scope)?;
        Ok(seen.map(|Seen { verb, before, after, fields, by, undo }| Self {
            version,
            verb,
            at,
            by,
            undo,
            fields,
            before,
            after,
        }))
    }
}
