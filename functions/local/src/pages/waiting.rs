//! What waits for the owner's word, and the two buttons.

use super::back;
use approvals::Deciding;
use axum::response::Response;
use domain::approval::{Approval, Ended, Refused, Status, View};
use domain::connection::Connection;
use domain::id::{ApprovalId, OwnerId};
use domain::shelf::Shelf;
use domain::text::is_plain;
use domain::{Error, Result};
use web::{App, At, Problem};

/// So many are shown; the rest comes when these are decided.
const MOST: usize = 20;

pub(super) struct Waiting {
    pub(super) id: ApprovalId,
    /// The connection's name.
    pub(super) who: String,
    pub(super) does: String,
    /// Where it was sent to, which says what the rest does not.
    pub(super) place: String,
    /// What it would do it with.
    pub(super) with: String,
    pub(super) until: String,
    /// It was approved, and broke off.
    pub(super) broke_off: bool,
}

pub(crate) async fn approve(deciding: Deciding, At(id): At<ApprovalId>) -> Result<Response, Problem> {
    decided(deciding.approve(id).await)
}

pub(crate) async fn deny(deciding: Deciding, At(id): At<ApprovalId>) -> Result<Response, Problem> {
    decided(deciding.deny(id).await)
}

/// To the first page.
fn decided(decided: Result<View, Problem>) -> Result<Response, Problem> {
    back(decided.map(|view| format!("/?decided={}", view.id)))
}

/// The first of them, and whether there may be more.
pub(super) async fn first(
    app: &App,
    owner: OwnerId,
    connections: &[Connection],
) -> Result<(Vec<Waiting>, bool), Problem> {
    let (waiting, more) = approvals::waiting(app, owner, MOST).await?;
    Ok((waiting.into_iter().map(|view| Waiting::of(view, connections)).collect(), more))
}

/// How the last one ended.
pub(super) async fn said(app: &App, owner: OwnerId, id: ApprovalId) -> Result<Option<String>, Problem> {
    let view = match Shelf::<Approval>::new(&*app.table, owner).get(id).await {
        Ok(approval) => approval.view(app.clock.now()),
        Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let does = does(&view);
    let refused = view.answer.as_ref().and_then(Ended::refused);
    Ok(match (view.status, refused) {
        (Status::Done, None) => Some(format!("Done: {does}.")),
        (Status::Done, Some(Refused { count, of, why })) if count == of => {
            Some(format!("Not done: {does}. {why}"))
        }
        (Status::Done, Some(Refused { count, of, why })) => {
            Some(format!("Done in part: {does}. {count} of {of} were refused: {why}"))
        }
        (Status::Denied, _) => Some(format!("Denied: {does}.")),
        _ => None,
    })
}

impl Waiting {
    fn of(view: View, connections: &[Connection]) -> Self {
        let who = connections.iter().find(|connection| connection.id == view.connection);
        Self {
            id: view.id,
            who: who.map_or("A connection that is gone", |who| who.name.as_str()).to_owned(),
            does: does(&view),
            place: plainly(&format!("{} {}", view.request.method, view.request.path)),
            with: if view.request.body.is_null() {
                String::new()
            } else {
                plainly(&serde_json::to_string_pretty(&view.request.body).unwrap_or_default())
            },
            until: view.until.strftime("%-d %B, %H:%M UTC").to_string(),
            broke_off: view.status == Status::Approved,
        }
    }
}

/// What would steer a line, or is not seen at all, is named instead.
fn plainly(text: &str) -> String {
    let named = |letter: char| match letter {
        letter if is_plain(letter) => letter.to_string(),
        letter => letter.escape_unicode().to_string(),
    };
    text.chars().map(named).collect()
}

/// `update_task` is "update task".
fn does(view: &View) -> String {
    let about = view.about.as_ref().map(|about| format!(" \u{201c}{about}\u{201d}")).unwrap_or_default();
    let does = match view.operation.split_once('_') {
        Some(("put", what)) => format!("make or replace {what}"),
        _ => view.operation.clone(),
    };
    format!("{}{about}", does.replace('_', " "))
}
