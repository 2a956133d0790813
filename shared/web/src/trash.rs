//! What was deleted in the last 30 days, as far as a connection may read it: the latest first.

use crate::call::Call;
use crate::history::cut;
use crate::lists::Scopes;
use crate::page::{Page, PageParams, cursor};
use crate::problem::Problem;
use domain::change::{By, Change, Seen};
use domain::id::{Me, UndoId};
use domain::list::List;
use domain::operation::{self, Operation};
use domain::sift::sift_on;
use domain::table::Row;
use domain::{Error, schema};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub struct Trash<'a>(pub &'a Call);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrashParams {
    /// How many, 1 to 100; 20 if it is absent.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only of this kind: `task`, `goal`, `record`, …
    #[schemars(schema_with = "nouns")]
    pub noun: Option<String>,
}

fn nouns(_: &mut SchemaGenerator) -> Schema {
    let names: BTreeSet<_> = operation::all().map(|one| one.noun).collect();
    json_schema!({ "type": "string", "enum": names })
}

/// Something that was deleted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Deleted {
    /// Of what kind it is: `task`.
    pub noun: String,
    pub id: String,
    pub deleted_at: Timestamp,
    /// Who deleted it: `own` for the connection that asks, `owner`, or which other connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// The undo that it was part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoId>,
    /// Until then it can be restored.
    pub expires_at: Timestamp,
    /// As it was.
    pub item: Map<String, Value>,
}

impl Trash<'_> {
    pub async fn list(&self, params: TrashParams) -> Result<Page<Deleted>, Problem> {
        let Self(call) = self;
        let TrashParams { limit, cursor: place, noun } = params;
        let page = PageParams { limit, cursor: place };
        let (limit, only) = (page.limit()?, noun.as_deref().map(lists).transpose()?);
        let name = format!("trash {}", noun.as_deref().unwrap_or("*"));
        let after = page.place(call.app(), call.owner(), &name).await?;
        let all = List::from(schema::trash(call.owner())).newest_first();
        let table = &*call.app().table;
        let first = all.page(table, after.as_deref(), limit);
        let (scopes, first) = match only {
            Some(list) => {
                let (scope, first) = call.may(list, first).await?;
                (BTreeMap::from([(list.noun, scope)]), first)
            }
            None => call.may_list(first).await?,
        };
        let keep = |row: &Row| {
            let deleted = Deleted::of(row, &scopes)?;
            Ok(deleted.map(|deleted| (deleted, all.position(row), row.body.len())))
        };
        let (data, next) = cut(sift_on(table, &all, first, limit, keep).await?.discreet());
        Ok(Page { data, next_cursor: cursor(next.as_deref(), call.app(), call.owner(), &name).await? })
    }
}

/// How these are listed while they are there.
fn lists(noun: &str) -> Result<&'static Operation, Problem> {
    operation::lists().find(|one| one.noun == noun).ok_or_else(|| {
        let known: Vec<_> = operation::lists().map(|one| one.noun).collect();
        Problem::invalid("?noun", format!("there is no `{noun}`; there are {}", known.join(", ")))
    })
}

impl Deleted {
    /// `None` for what these scopes do not cover.
    fn of(row: &Row, scopes: &Scopes<'_>) -> domain::Result<Option<Self>> {
        // What there is one of is never gone: only an undo leaves what it was here.
        let what = schema::what(&row.key).and_then(|what| what.split_once('/'));
        let Some((noun, id)) = what.filter(|(_, id)| id.parse::<Me>().is_err()) else { return Ok(None) };
        let Some(scope) = scopes.get(noun) else { return Ok(None) };
        let Some(deleted) = Change::trashed(row)? else { return Ok(None) };
        let Some(Seen { before: Some(item), by, undo, .. }) = deleted.seen(scope)? else { return Ok(None) };
        let (noun, id, deleted_at) = (noun.to_owned(), id.to_owned(), deleted.at);
        let end = row.expires.ok_or_else(|| Error::internal("something lies in the trash for good"))?;
        let expires_at = Timestamp::from_second(end.0).map_err(Error::internal)?;
        Ok(Some(Self { noun, id, deleted_at, by, undo, expires_at, item }))
    }
}
