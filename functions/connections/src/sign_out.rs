//! The end of every token and session that its owner was ever given.

use axum::extract::State;
use domain::audit::Outcome;
use domain::session;
use http::StatusCode;
use web::{App, Owner, Problem, Witness};

pub(crate) async fn everywhere(
    State(app): State<App>,
    owner: Owner,
    witness: Witness,
) -> Result<StatusCode, Problem> {
    session::sign_out_everywhere(&*app.table, *owner, app.clock.now(), app.op()).await?;
    witness.saw(*owner, witness.entry("owner.signed_out_everywhere", Outcome::Done)).await;
    Ok(StatusCode::NO_CONTENT)
}
