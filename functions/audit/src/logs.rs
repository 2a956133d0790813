//! The audit log, newest first.

use axum::Json;
use axum::extract::State;
use domain::audit::{Entry, Hash, Outcome, Record};
use domain::id::ConnectionId;
use domain::sift::sift;
use domain::table::Row;
use domain::{Error, schema};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{App, Owner, Page, PageParams, Params, Problem};

const LIST: &str = "audit log";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// From then on.
    since: Option<Timestamp>,
    /// Before then.
    until: Option<Timestamp>,
    /// What it did, or what was done with it.
    connection: Option<ConnectionId>,
    /// `task.created`; a `*` at the end stands for anything.
    action: Option<String>,
    result: Option<Outcome>,
    /// How many, 1 to 100; 20 if it is absent. A page may hold fewer and still have a next one.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub(crate) struct Shown {
    #[serde(flatten)]
    entry: Entry,
    /// Whether it stands in the chain; it does within a minute.
    sealed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<Hash>,
}

pub(crate) async fn list(
    State(app): State<App>,
    owner: Owner,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page<Shown>>, Problem> {
    if wanted.since.zip(wanted.until).is_some_and(|(since, until)| since >= until) {
        return Err(Problem::invalid("?until", "a moment after `since` is expected"));
    }
    let page = PageParams { limit: wanted.limit, cursor: wanted.cursor.clone() };
    let (limit, after) = (page.limit()?, page.place(&app, *owner, LIST).await?);
    let all = schema::audit_between(*owner, wanted.since, wanted.until).newest_first();
    let keep = |row: &Row| Ok(Some(shown(row)?).filter(|shown| wanted.has(&shown.entry)));
    let listing = sift(&*app.table, all, after, limit, keep).await?;
    let next_cursor = web::cursor(listing.next.as_deref(), &app, *owner, LIST).await?;
    Ok(Json(Page { data: listing.items, next_cursor }))
}

fn shown(row: &Row) -> Result<Shown, Error> {
    let Record { entry, seal } = Record::of(&row.key, &row.body)?;
    let entry = serde_json::from_str(entry.get()).map_err(|error| Error::unreadable(&row.key, &error))?;
    let (seq, hash) = seal.map(|seal| (seal.seq, seal.hash)).unzip();
    Ok(Shown { entry, sealed: seal.is_some(), seq, hash })
}

impl Wanted {
    fn has(&self, entry: &Entry) -> bool {
        let action = |action: &String| match action.strip_suffix('*') {
            Some(start) => entry.action.starts_with(start),
            None => entry.action == *action,
        };
        self.connection.is_none_or(|connection| entry.connection == Some(connection))
            && self.action.as_ref().is_none_or(action)
            && self.result.is_none_or(|result| entry.result == result)
    }
}
