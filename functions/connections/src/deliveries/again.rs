//! What its owner wants to be sent again. It is written down as due now, beside the answer that says so: neither can be
//! there without the other, and whoever looks for what is due looks within a minute.

use super::{Shown, found, webhook};
use axum::extract::State;
use domain::connection::Connection;
use domain::id::{ConnectionId, EventId};
use domain::table::{Put, Write};
use domain::{Error, due};
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
    since: Timestamp,
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
        let due = due::again(*owner, &delivery, by.source.request, by.at)?;
        asked(&app, due, keep, &Shown::from(delivery)).await
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
        let due = due::revival(*owner, id, since.since, by.source.request, by.at)?;
        asked(&app, due, keep, &since).await
    };
    once.run(&app, *owner, ask).await
}

async fn asked(app: &App, due: Put, keep: Keep<'_>, told: &impl Serialize) -> Result<Answer, Problem> {
    let answer = Answer::json(StatusCode::ACCEPTED, told)?;
    let writes = [Some(due), keep.answer(&answer)?].into_iter().flatten().map(Write::Put);
    app.table.transact(writes.collect(), app.op()).await?;
    Ok(answer)
}

fn listens(connection: &Connection, now: Timestamp) -> Result<(), Error> {
    let paused = "it is not sent to now; resume it, and what was kept for it is sent";
    connection.listens(now).then_some(()).ok_or_else(|| Error::InTheWay(paused.to_owned()))
}
