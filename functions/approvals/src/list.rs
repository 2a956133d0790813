//! What waits for the owner, and what became of it.

use axum::Json;
use axum::extract::State;
use domain::approval::{Approval, View};
use domain::id::{ApprovalId, OwnerId};
use domain::list::List;
use domain::schema;
use domain::shelf::Shelf;
use schemars::JsonSchema;
use serde::Deserialize;
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

/// The first that wait, for a page.
pub async fn waiting(app: &App, owner: OwnerId, most: usize) -> Result<Vec<View>, Problem> {
    Ok(some(app, owner, false, None, most).await?.0)
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
    let (first, now) = (list.page(&*app.table, after, limit).await?, app.clock.now());
    let shelf = Shelf::<Approval>::new(&*app.table, owner);
    let listing = shelf.kept(&list, first, limit, |one| all || one.is_open(now)).await?;
    Ok((listing.items.into_iter().map(|one| one.view(now)).collect(), listing.next))
}
