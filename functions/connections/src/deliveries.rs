//! What became of the events of a webhook: each with its tries, newest first; and what its owner wants to be sent besides.

mod again;
mod health;
mod test;

pub(crate) use again::{Nothing, Since, again, since};
pub use health::{HealthView, Standing};
pub(crate) use health::{health, health_of};
pub(crate) use test::{Testing, Wanted, test};

use axum::Json;
use axum::extract::State;
use domain::connection::{Connection, Kind};
use domain::delivery::{Attempt, Delivery, State as Became};
use domain::id::{ConnectionId, EventId, OwnerId};
use domain::shelf::Shelf;
use domain::sift::sift;
use domain::table::{Query, Row};
use domain::{Error, schema};
use futures_util::future::try_join;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{App, At, Owner, Page, PageParams, Params, Problem, Under, cursor};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryParams {
    state: Option<Became>,
    /// As it was told: `task.created`.
    event: Option<String>,
    /// Of what happened from then on.
    since: Option<Timestamp>,
    /// Of what happened before then.
    until: Option<Timestamp>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct Shown {
    /// The `webhook-id`.
    id: EventId,
    event: String,
    /// When it happened.
    at: Timestamp,
    /// What it is about.
    about: Option<String>,
    state: Became,
    /// It never happened: its owner wanted to see how it arrives.
    test: bool,
    /// How many tries of its schedule are used up.
    tries: u32,
    next_try_at: Option<Timestamp>,
    /// The last 20 of them.
    attempts: Vec<Attempt>,
}

pub(crate) async fn list(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ConnectionId>,
    Params(wanted): Params<DeliveryParams>,
) -> Result<Json<Page<Shown>>, Problem> {
    let DeliveryParams { state, event, since, until, .. } = &wanted;
    let list = format!("deliveries of {id} {state:?} {event:?} {since:?} {until:?}");
    let page = PageParams { limit: wanted.limit, cursor: wanted.cursor.clone() };
    let (limit, after) = (page.limit()?, page.place(&app, *owner, &list).await?);
    let keep = |row: &Row| {
        let found = Delivery::read(row)?;
        let fits = state.is_none_or(|state| found.state == state)
            && event.as_ref().is_none_or(|name| found.event == *name);
        Ok(fits.then(|| Shown::from(found)))
    };
    let found = sift(&*app.table, wanted.range(*owner, id).newest_first(), after, limit, keep);
    let (_, found) = try_join(webhook(&app, *owner, id), found).await?;
    let next_cursor = cursor(found.next.as_deref(), &app, *owner, &list).await?;
    Ok(Json(Page { data: found.items, next_cursor }))
}

pub(crate) async fn one(
    State(app): State<App>,
    Owner(owner): Owner,
    Under(id): Under<ConnectionId>,
    At(event): At<EventId>,
) -> Result<Json<Shown>, Problem> {
    webhook(&app, owner, id).await?;
    Ok(Json(found(&app, owner, id, event).await?.into()))
}

async fn found(app: &App, owner: OwnerId, id: ConnectionId, event: EventId) -> Result<Delivery, Error> {
    let row = app.table.get(&schema::delivery(owner, id, event)).await?;
    Delivery::read(&row.ok_or(Error::NotFound("delivery"))?)
}

async fn webhook(app: &App, owner: OwnerId, id: ConnectionId) -> Result<Connection, Error> {
    let connection = Shelf::<Connection>::new(&*app.table, owner).get(id).await?;
    match connection.face.kind() {
        Kind::Webhook => Ok(connection),
        _ => Err(Error::InTheWay("only a connection of the kind webhook is sent events".to_owned())),
    }
}

impl DeliveryParams {
    /// What is parked or was given up is found where only that lies.
    fn range(&self, owner: OwnerId, id: ConnectionId) -> Query {
        let all = match self.state {
            Some(state @ (Became::Parked | Became::Failed)) => state.all(owner, id),
            _ => schema::deliveries(owner, id),
        };
        let at = |moment: Timestamp| format!("{}{}", all.range.start, EventId::new(moment, [0; 10]));
        let start = self.since.map_or_else(|| all.range.start.clone(), at);
        let end = self.until.map_or_else(|| all.range.end.clone(), at);
        Query { range: start..end, ..all }
    }
}

impl From<Delivery> for Shown {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, event, at, about, from, state, next, tries, attempts, .. } = delivery;
        let (test, next_try_at) = (from.is_test(), next.map(|next| next.at));
        Self { id, event, at, about, state, test, tries, next_try_at, attempts }
    }
}
