//! What its owner wants to be sent again. It is written down beside the answer that says so: neither can be there
//! without the other, and who tells what happened finds it among that.

use super::{Shown, found, webhook};
use axum::extract::State;
use domain::Error;
use domain::connection::Connection;
use domain::delivery::{Ask, Asked};
use domain::id::{ConnectionId, EventId, OwnerId};
use domain::shelf::Writer;
use domain::table::Write;
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Answer, Answered, App, At, Body, ByOwner, Keep, Owner, Problem, Repeatable, Under};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    /// Of what was given up, what happened from then on.
    pub(crate) since: Timestamp,
}

/// One event, also one that was taken already; once, and beside its schedule.
pub(crate) async fn again(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    Under(id): Under<ConnectionId>,
    At(event): At<EventId>,
    Repeatable(Body(Nothing {}), once): Repeatable<Body<Nothing>>,
) -> Result<Answered, Problem> {
    let ask = async |keep: Keep<'_>| {
        listens(&webhook(&app, *owner, id).await?, by.at)?;
        let delivery = found(&app, *owner, id, event).await?;
        let what = Ask::Again { event, from: delivery.from.clone() };
        ask_for(&app, *owner, asked(id, by, what), keep, &Shown::from(delivery)).await
    };
    once.run(&app, *owner, ask).await
}

/// All that was given up since then: it has all its tries before it.
pub(crate) async fn since(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    At(id): At<ConnectionId>,
    Repeatable(Body(since), once): Repeatable<Body<Since>>,
) -> Result<Answered, Problem> {
    let ask = async |keep: Keep<'_>| {
        listens(&webhook(&app, *owner, id).await?, by.at)?;
        let what = Ask::Failed { since: since.since };
        ask_for(&app, *owner, asked(id, by, what), keep, &since).await
    };
    once.run(&app, *owner, ask).await
}

pub(super) fn asked(connection: ConnectionId, by: Writer, what: Ask) -> Asked {
    Asked { connection, by: by.source.request, at: by.at, what }
}

pub(super) async fn ask_for(
    app: &App,
    owner: OwnerId,
    asked: Asked,
    keep: Keep<'_>,
    told: &impl Serialize,
) -> Result<Answer, Problem> {
    let answer = Answer::json(StatusCode::ACCEPTED, told)?;
    let writes = [Some(asked.put(owner)?), keep.answer(&answer)?].into_iter().flatten().map(Write::Put);
    app.table.transact(writes.collect(), app.op()).await?;
    Ok(answer)
}

pub(super) fn listens(connection: &Connection, now: Timestamp) -> Result<(), Error> {
    let paused = "it is not sent to now; resume it, and what was kept for it is sent";
    connection.listens(now).then_some(()).ok_or_else(|| Error::InTheWay(paused.to_owned()))
}
