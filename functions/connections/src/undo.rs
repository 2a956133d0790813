//! Takes back what one connection wrote. What somebody else wrote since then stays, and is told.

use axum::Json;
use axum::extract::State;
use domain::audit::{Entry, Outcome};
use domain::id::{ConnectionId, OwnerId, UndoId};
use domain::noun::Desk;
use domain::shelf::{Entity as _, Source, Writer};
use domain::table::{Imagined, Table};
use domain::undo::{Did, Place, Undoing, Undone, Which};
use domain::{Error, connection::Connection, schema};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{App, At, Body, ByOwner, Owner, PageParams, Problem, Witness, cursor};

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

#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Counts {
    restored: usize,
    reverted: usize,
    removed: usize,
    nothing: usize,
    conflicts: usize,
}

pub(crate) async fn undo(
    State(app): State<App>,
    Owner(owner): Owner,
    At(id): At<ConnectionId>,
    ByOwner(by): ByOwner,
    witness: Witness,
    Body(input): Body<Undo>,
) -> Result<Json<UndoReport>, Problem> {
    let which = input.which(id, by.at)?;
    exists(&app, owner, id).await?;
    let list = format!("undo of {id} {which:?} {}", input.dry_run);
    let page = PageParams { limit: None, cursor: input.cursor.clone() };
    let begun = page.place(&app, owner, &list).await?;
    let (undo, from) = match begun {
        Some(begun) => read(&begun)?,
        None => (UndoId::of(id, by.at, app.entropy.bytes()), Place::default()),
    };
    let writer = Writer { source: Source { undo: Some(undo), ..by.source }, ..by };
    let ops = || app.op();
    let imagined = Imagined::on(&*app.table, by.at);
    let table: &dyn Table = if input.dry_run { &imagined } else { &*app.table };
    let desk = Desk { table, owner, writer, eyes: None, restores: false, along: &[] };
    let (data, next) = Undoing { desk, which, ops: &ops }.some(from).await?;
    let next = next.map(|next| written(undo, next));
    let next_cursor = cursor(next.as_deref(), &app, owner, &list).await?;
    let counts = Counts::of(&data);
    if counts.written() > 0 && !input.dry_run {
        let entry = witness.entry("connection.undone", Outcome::Done);
        witness.saw(owner, Entry { connection: Some(id), target: Some(id.to_string()), ..entry }).await;
    }
    let undo = Some(undo).filter(|_| !input.dry_run);
    Ok(Json(UndoReport { undo, dry_run: input.dry_run, data, counts, next_cursor }))
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

impl Counts {
    fn of(data: &[Undone]) -> Self {
        let count = |did: Did| data.iter().filter(|item| item.did == did).count();
        Self {
            restored: count(Did::Restored),
            reverted: count(Did::Reverted),
            removed: count(Did::Removed),
            nothing: count(Did::Nothing),
            conflicts: count(Did::Conflict),
        }
    }

    fn written(&self) -> usize {
        self.restored + self.reverted + self.removed
    }
}
