//! What a connection did, call by call, newest first.

use axum::Json;
use axum::extract::State;
use domain::activity::Activity;
use domain::connection::Connection;
use domain::id::ConnectionId;
use domain::shelf::Shelf;
use domain::sift::sift;
use domain::table::Row;
use domain::{Error, schema};
use futures_util::future::try_join;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{App, At, Owner, Page, PageParams, Params, Problem, cursor};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityParams {
    /// As it stands in an activity: `GET /v1/tasks/{id}`.
    endpoint: Option<String>,
    status: Option<Class>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
enum Class {
    #[serde(rename = "2xx")]
    Success = 2,
    #[serde(rename = "3xx")]
    Elsewhere = 3,
    #[serde(rename = "4xx")]
    Refused = 4,
    #[serde(rename = "5xx")]
    Failed = 5,
}

pub(crate) async fn list(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ConnectionId>,
    Params(wanted): Params<ActivityParams>,
) -> Result<Json<Page<Activity>>, Problem> {
    let list = format!("activity of {id}");
    let page = PageParams { limit: wanted.limit, cursor: wanted.cursor.clone() };
    let (limit, after) = (page.limit()?, page.place(&app, *owner, &list).await?);
    let connections = Shelf::<Connection>::new(&*app.table, *owner);
    let all = schema::activities(*owner, id).newest_first();
    let keep = |row: &Row| Ok(Some(shown(row)?).filter(|call| wanted.has(call)));
    let calls = sift(&*app.table, all, after, limit, keep);
    let (_, calls) = try_join(connections.get(id), calls).await?;
    let next_cursor = cursor(calls.next.as_deref(), &app, *owner, &list).await?;
    Ok(Json(Page { data: calls.items, next_cursor }))
}

impl ActivityParams {
    fn has(&self, call: &Activity) -> bool {
        self.endpoint.as_ref().is_none_or(|endpoint| call.endpoint == *endpoint)
            && self.status.is_none_or(|class| call.status / 100 == class as u16)
    }
}

fn shown(row: &Row) -> Result<Activity, Error> {
    serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))
}
