//! Takes back what one connection wrote. What somebody else wrote since then stays, and is told.

use crate::jobs;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::audit::{Entry, Outcome};
use domain::id::{ConnectionId, OwnerId, UndoId};
use domain::noun::Desk;
use domain::shelf::{Entity as _, Source, Writer};
use domain::table::{Imagined, Table};
use domain::undo::{Counts, Place, Undoing, Undone, Which};
use domain::{Error, connection::Connection, schema};
use http::HeaderMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{App, At, Body, ByOwner, Owner, PageParams, Problem, Witness, cursor, is_async};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Undo")]
pub(crate) struct Undo {
    /// What it wrote from then on, at most 90 days ago.
    #[serde(default)]
    since: Option<Timestamp>,
    /// What it wrote before then; until now if it is absent.
    #[serde(default)]
    until: Option<Timestamp>,
    /// Instead of `since`: what this undo did.
    #[serde(default)]
    undo_of: Option<UndoId>,
    /// Says what it would do, and does nothing.
    #[serde(default)]
    dry_run: bool,
    /// `next_cursor` of the answer before, with the rest as it was.
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UndoReport {
    /// This undo, to undo it by; null if nothing was done.
    undo: Option<UndoId>,
    dry_run: bool,
    data: Vec<Undone>,
    /// How many items of this answer were dealt with in which way.
    counts: Counts,
    /// Send it to go on; null when that was all.
    next_cursor: Option<String>,
}

/// Whose writes are taken back, and by whom.
pub(crate) struct Taking<'a> {
    pub(crate) app: &'a App,
    pub(crate) owner: OwnerId,
    pub(crate) by: Writer,
    pub(crate) connection: ConnectionId,
    pub(crate) which: Which,
}

impl Taking<'_> {
    /// Some of them, by this undo, from here on; and where it goes on.
    pub(crate) async fn some(
        &self,
        undo: UndoId,
        from: Place,
        witness: &Witness,
    ) -> Result<(Vec<Undone>, Option<Place>), Problem> {
        let Self { app, owner, connection, .. } = *self;
        let (data, next) = self.on(&*app.table, undo, from).await?;
        if Counts::of(&data).written() > 0 {
            let entry = witness.entry("connection.undone", Outcome::Done);
            let about = Entry { connection: Some(connection), target: Some(connection.to_string()), ..entry };
            witness.saw(owner, about).await;
        }
        Ok((data, next))
    }

    async fn on(
        &self,
        table: &dyn Table,
        undo: UndoId,
        from: Place,
    ) -> Result<(Vec<Undone>, Option<Place>), Error> {
        let Self { app, owner, by, which, .. } = *self;
        let writer = Writer { source: Source { undo: Some(undo), ..by.source }, ..by };
        let ops = || app.op();
        let desk = Desk { table, owner, writer, eyes: None, restores: false, along: &[] };
        Undoing { desk, which, ops: &ops }.some(from).await
    }
}

pub(crate) async fn undo(
    State(app): State<App>,
    Owner(owner): Owner,
    At(id): At<ConnectionId>,
    ByOwner(by): ByOwner,
    witness: Witness,
    headers: HeaderMap,
    Body(input): Body<Undo>,
) -> Result<Response, Problem> {
    let which = input.which(id, by.at)?;
    exists(&app, owner, id).await?;
    if is_async(&headers) && !input.dry_run && input.cursor.is_none() {
        return jobs::begin(&app, owner, &by, (id, which)).await;
    }
    let list = format!("undo of {id} {which:?} {}", input.dry_run);
    let page = PageParams { limit: None, cursor: input.cursor.clone() };
    let begun = page.place(&app, owner, &list).await?;
    let (undo, from) = match begun {
        Some(begun) => read(&begun)?,
        None => (UndoId::of(id, by.at, app.entropy.bytes()), Place::default()),
    };
    let taking = Taking { app: &app, owner, by, connection: id, which };
    let (data, next) = match input.dry_run {
        true => taking.on(&Imagined::on(&*app.table, by.at), undo, from).await?,
        false => taking.some(undo, from, &witness).await?,
    };
    let next = next.map(|next| written(undo, next));
    let next_cursor = cursor(next.as_deref(), &app, owner, &list).await?;
    let counts = Counts::of(&data);
    let undo = Some(undo).filter(|_| !input.dry_run);
    Ok(Json(UndoReport { undo, dry_run: input.dry_run, data, counts, next_cursor }).into_response())
}

/// Stands in a cursor for the line behind which it goes on, where there is none.
const NO_LINE: &str = "-";

/// Where an undo goes on, as its cursor says it: its name, a line or none, how many were tried in vain, lines that wait.
fn written(undo: UndoId, Place { after, waiting, in_vain }: Place) -> String {
    let after = after.as_deref().unwrap_or(NO_LINE);
    format!("{undo} {after} {in_vain} {}", waiting.join(" "))
}

fn read(place: &str) -> Result<(UndoId, Place), Error> {
    let mut words = place.split_whitespace();
    let undo = words.next().unwrap_or_default().parse().map_err(Error::internal)?;
    let after = words.next().filter(|line| *line != NO_LINE).map(str::to_owned);
    let in_vain = words.next().unwrap_or_default().parse().map_err(Error::internal)?;
    Ok((undo, Place { after, waiting: words.map(str::to_owned).collect(), in_vain }))
}

/// Also of one that was deleted, for as long as it lies in the trash.
async fn exists(app: &App, owner: OwnerId, id: ConnectionId) -> Result<(), Problem> {
    let key = schema::connection(owner, id);
    let rows = app.table.get_many(&[schema::trash_of(&key), key]).await?;
    rows.into_iter().flatten().next().map(drop).ok_or(Error::NotFound(Connection::NAME).into())
}

impl Undo {
    fn which(&self, connection: ConnectionId, now: Timestamp) -> Result<Which, Problem> {
        let Self { since, until, undo_of, .. } = *self;
        match (since, undo_of) {
            (Some(since), _) if since < now - schema::KEPT => {
                Err(Problem::invalid("/since", "what is more than 90 days ago cannot be undone"))
            }
            (Some(since), None) if until.is_some_and(|until| until <= since) => {
                Err(Problem::invalid("/until", "a moment after `since` is expected"))
            }
            (Some(since), None) => Ok(Which::Of { connection, since, until }),
            (None, Some(undo)) if !undo.is_of(connection) => {
                Err(Problem::invalid("/undo_of", "nothing of this connection was undone by it"))
            }
            (None, Some(undo)) if until.is_none() => Ok(Which::Undo(undo)),
            _ => Err(Problem::invalid("/since", "give either `since`, perhaps with `until`, or `undo_of`")),
        }
    }
}
