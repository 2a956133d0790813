//! Whether a webhook is sent to, and how much waits for it.

use super::webhook;
use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::connection::{Connection, Status};
use domain::delivery::{Delivery, Health, State as Became};
use domain::id::{ConnectionId, OwnerId};
use domain::schema;
use domain::table::Row;
use futures_util::future::try_join3;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use web::{App, At, Owner, Problem};

/// More is not counted.
const MOST_COUNTED: usize = 1_000;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Health")]
pub struct HealthView {
    pub state: Standing,
    pub consecutive_failures: u32,
    pub failing_since: Option<Timestamp>,
    /// When what is parked is tried next.
    pub next_try_at: Option<Timestamp>,
    /// How many events are parked, and how many were given up in the last 30 days.
    pub parked: usize,
    pub failed: usize,
    /// More than 1,000 of either are not counted.
    pub at_least: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Standing {
    Sending,
    /// Its receiver takes nothing; what happens is kept, and tried from time to time.
    Parking,
    /// By its owner; what happens is kept.
    Paused,
    /// By Larder: `disabled` of the connection says why.
    Disabled,
    /// It was revoked, or is at its end.
    Ended,
}

pub(crate) async fn health(
    State(app): State<App>,
    Owner(owner): Owner,
    At(id): At<ConnectionId>,
) -> Result<Json<HealthView>, Problem> {
    health_of(&app, owner, id).await.map(|(_, health)| Json(health))
}

pub(crate) async fn health_of(
    app: &App,
    owner: OwnerId,
    id: ConnectionId,
) -> Result<(Connection, HealthView), Problem> {
    let connection = webhook(app, owner, id).await?;
    let key = schema::health(owner, id);
    let [parked, failed] = [Became::Parked, Became::Failed].map(|state| count(app, owner, id, state));
    let (row, parked, failed) = try_join3(app.table.get(&key), parked, failed).await?;
    let health = Health::of(id, row.as_ref())?;
    let state = Standing::of(&connection, &health, app.clock.now());
    let view = HealthView {
        state,
        consecutive_failures: health.failures,
        failing_since: health.failing_since,
        next_try_at: health.release_at.filter(|_| matches!(state, Standing::Parking)),
        parked: parked.min(MOST_COUNTED),
        failed: failed.min(MOST_COUNTED),
        at_least: parked.max(failed) > MOST_COUNTED,
    };
    Ok((connection, view))
}

async fn count(app: &App, owner: OwnerId, id: ConnectionId, state: Became) -> Result<usize, Error> {
    let (mut counted, mut after) = (0, None);
    loop {
        let page = app.table.query(&state.all(owner, id).page(after, 100)).await?;
        counted += page.rows.iter().filter(|row| counts(row)).count();
        after = page.next;
        if after.is_none() || counted > MOST_COUNTED {
            return Ok(counted);
        }
    }
}

/// A test that was not taken keeps nothing from anybody.
fn counts(row: &Row) -> bool {
    Delivery::read(row).is_ok_and(|delivery| !delivery.from.is_test())
}

impl Standing {
    fn of(connection: &Connection, health: &Health, now: Timestamp) -> Self {
        match connection.status {
            Status::Revoked => Self::Ended,
            _ if connection.expires_at.is_some_and(|end| end <= now) => Self::Ended,
            Status::Inactive if connection.disabled.is_some() => Self::Disabled,
            Status::Inactive => Self::Paused,
            Status::Active if health.parking => Self::Parking,
            Status::Active => Self::Sending,
        }
    }
}
