//! What waits for the owner, and what became of it.

use axum::Json;
use axum::extract::State;
use domain::approval::{Approval, View};
use domain::connection::Connection;
use domain::id::{ApprovalId, OwnerId};
use domain::list::List;
use domain::schema;
use domain::shelf::Shelf;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;
use web::{App, At, Owner, Page, PageParams, Params, Problem, cursor};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// How many, 1 to 100; 20 if it is absent.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Also those that are decided or over, of the last eight days, newest first.
    #[serde(default)]
    all: bool,
}

pub(crate) async fn list(
    State(app): State<App>,
    owner: Owner,
    Params(Wanted { limit, cursor: place, all }): Params<Wanted>,
) -> Result<Json<Page<View>>, Problem> {
    let page = PageParams { limit, cursor: place };
    let (limit, name) = (page.limit()?, if all { "approvals" } else { "waiting approvals" });
    let after = page.place(&app, *owner, name).await?;
    let (data, next) = some(&app, *owner, all, after.as_deref(), limit).await?;
    Ok(Json(Page { data, next_cursor: cursor(next.as_deref(), &app, *owner, name).await? }))
}

pub(crate) async fn read(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ApprovalId>,
) -> Result<Json<View>, Problem> {
    let approval = Shelf::<Approval>::new(&*app.table, *owner).get(id).await?;
    Ok(Json(approval.view(app.clock.now())))
}

/// The first that wait, for a page, and whether there may be more.
pub async fn waiting(app: &App, owner: OwnerId, most: usize) -> Result<(Vec<View>, bool), Problem> {
    let (first, next) = some(app, owner, false, None, most).await?;
    Ok((first, next.is_some()))
}

/// A page of them, and where the next one starts.
async fn some(
    app: &App,
    owner: OwnerId,
    all: bool,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<View>, Option<String>), Problem> {
    let list = match all {
        true => List::from(schema::approvals(owner)).newest_first(),
        false => List::from(schema::waiting_approvals(owner, None)),
    };
    let (shelf, now) = (Shelf::<Approval>::new(&*app.table, owner), app.clock.now());
    let (mut found, mut next) = (Vec::new(), after.map(str::to_owned));
    loop {
        let wanted = limit - found.len();
        let first = list.page(&*app.table, next.as_deref(), wanted).await?;
        let listing = shelf.kept(&list, first, wanted, |one| all || one.is_open(now)).await?;
        found.extend(if all { listing.items } else { of_living(app, owner, listing.items).await? });
        next = listing.next;
        if next.is_none() || found.len() >= limit {
            return Ok((found.into_iter().map(|one| one.view(now)).collect(), next));
        }
    }
}

/// Those that a yes would do: not of a connection that was revoked or deleted, or is over. One that is paused may be
/// resumed.
async fn of_living(app: &App, owner: OwnerId, found: Vec<Approval>) -> Result<Vec<Approval>, Problem> {
    let ids: BTreeSet<_> = found.iter().map(|one| one.connection).collect();
    let connections = Shelf::<Connection>::new(&*app.table, owner).some(ids).await?;
    let living = |connection: &Connection| !connection.is_over(app.clock.now());
    let living: BTreeSet<_> = connections.into_iter().flatten().filter(living).map(|one| one.id).collect();
    Ok(found.into_iter().filter(|one| living.contains(&one.connection)).collect())
}
