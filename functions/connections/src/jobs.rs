//! Undoing much without waiting for it: whoever asks how far it is does the next part of it.

use crate::undo::Taking;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::Error;
use domain::id::{ConnectionId, JobId, OwnerId, UndoId};
use domain::job::{Job, Status};
use domain::shelf::{Shelf, Writer};
use domain::undo::Which;
use http::{StatusCode, header};
use web::{App, At, ByOwner, Owner, Problem, Witness};

/// How often others may be faster.
const MOST_TRIES: usize = 4;

pub(crate) async fn begin(
    app: &App,
    owner: OwnerId,
    by: &Writer,
    (connection, which): (ConnectionId, Which),
) -> Result<Response, Problem> {
    let undo = UndoId::of(connection, by.at, app.entropy.bytes());
    let id = JobId::new(by.at, app.entropy.bytes());
    let (job, put) = Job::new(id, connection, undo, which, by.at).put(owner)?;
    app.table.put(put, by.op).await?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, format!("/jobs/{id}"))], Json(job.view())).into_response())
}

/// Does a part more of it, unless another who asks at the same time does so.
pub(crate) async fn go_on(
    State(app): State<App>,
    Owner(owner): Owner,
    ByOwner(by): ByOwner,
    witness: Witness,
    At(id): At<JobId>,
) -> Result<Response, Problem> {
    let job = Shelf::<Job>::new(&*app.table, owner).get(id).await?;
    let Some(from) = job.part(by.at) else { return Ok(Json(job.view()).into_response()) };
    let (job, is_ours) = kept(&app, owner, job.taken(by.at)).await?;
    if !is_ours {
        return Ok(Json(job.view()).into_response());
    }
    let taking = Taking { app: &app, owner, by, connection: job.connection, which: job.which };
    let (done, next) = taking.some(job.undo, from, &witness).await?;
    let (job, _) = kept(&app, owner, job.after(done, next)).await?;
    Ok(Json(job.view()).into_response())
}

/// As it is now: so, or as somebody else left it who was faster.
async fn kept(app: &App, owner: OwnerId, job: Job) -> Result<(Job, bool), Error> {
    let id = job.id;
    let (job, put) = job.put(owner)?;
    match app.table.put(put, app.op()).await {
        Err(Error::Conflict) => Ok((Shelf::new(&*app.table, owner).get(id).await?, false)),
        done => done.map(|_| (job, true)),
    }
}

/// What was done until then stays done.
pub(crate) async fn cancel(
    State(app): State<App>,
    Owner(owner): Owner,
    At(id): At<JobId>,
) -> Result<Response, Problem> {
    let mut job = Shelf::<Job>::new(&*app.table, owner).get(id).await?;
    for _ in 0..MOST_TRIES {
        if job.status != Status::Working {
            return Ok(Json(job.view()).into_response());
        }
        (job, _) = kept(&app, owner, job.cancelled()).await?;
    }
    Err(Error::Busy.into())
}
