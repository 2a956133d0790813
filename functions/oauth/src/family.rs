//! The tokens that come of one consent: answered, and ended.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use domain::access::Actions;
use domain::audit::{Actor, Entry, Outcome};
use domain::connection::Connection;
use domain::consent::Family;
use domain::id::{ConnectionId, OwnerId};
use domain::key::{GenuineKey, KeyHash};
use domain::shelf::{Shelf, Source, Writer};
use domain::signing::SigningKeys;
use domain::table::Write;
use domain::token::{self, ACCESS_LIFE, AccessToken, Handle, Kind};
use domain::{Error, Result, schema};
use futures_util::future::join;
use secrecy::ExposeSecret as _;
use serde_json::json;
use web::{App, Witness};

/// How often it is tried again where something else was written at the same time.
const TRIES: usize = 5;

/// Both tokens, which are shown this once.
pub(crate) fn tokens(
    app: &App,
    keys: &SigningKeys,
    family: &Family,
    refresh: &Handle,
    actions: Actions,
) -> Response {
    let now = app.clock.now();
    let until = family.until.min(now + ACCESS_LIFE);
    let access = AccessToken::issue(refresh.named(), until, actions, &family.resource);
    let body = json!({
        "access_token": access.text(keys).expose_secret(),
        "token_type": "Bearer",
        "expires_in": until.as_second() - now.as_second(),
        "refresh_token": refresh.text(Kind::Refresh, keys).expose_secret(),
        "scope": token::scope(actions),
    });
    Json(body).into_response()
}

/// Who writes: the app, through its connection.
pub(crate) fn by_app(connection: ConnectionId, by: Writer, app: &App) -> Writer {
    Writer { source: Source::of(Some(connection), by.source.request), op: app.op(), ..by }
}

/// Ends it at once: its access tokens at the gate, its refresh token for good. There is none left when this returns.
pub(crate) async fn end(
    app: &App,
    owner: OwnerId,
    id: ConnectionId,
    family: &KeyHash,
    by: Writer,
) -> Result<()> {
    let key = schema::family(owner, id, family);
    for _ in 0..TRIES {
        let shelf = Shelf::<Connection>::new(&*app.table, owner);
        let (row, connection) = join(app.table.get(&key), shelf.get(id)).await;
        let gone = row?.map(|row| Write::Delete { key: row.key, version: row.version });
        let mut writes: Vec<_> = gone.into_iter().collect();
        match connection {
            Ok(before) => {
                let mut after = before.clone();
                if after.take_back(family) {
                    let by = by_app(id, by, app);
                    writes.extend(after.rewriting(&before, &*app.table, owner, &by)?.1);
                }
            }
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        if writes.is_empty() {
            return Ok(());
        }
        match app.table.transact(writes, app.op()).await {
            Err(Error::Conflict) => {}
            done => return done,
        }
    }
    Err(Error::Busy)
}

/// What was brought had been used: somebody has a copy, so nothing that came of it goes on.
pub(crate) async fn end_reused(
    app: &App,
    named: &GenuineKey,
    family: &KeyHash,
    by: Writer,
    witness: &Witness,
) -> Result<()> {
    end(app, named.owner, named.connection, family, by).await?;
    note(witness, named, "app.reuse_detected", Outcome::Refused).await;
    Ok(())
}

pub(crate) async fn note(witness: &Witness, named: &GenuineKey, action: &str, outcome: Outcome) {
    let entry = witness.entry(action, outcome);
    let entry = Entry { actor: Actor::Connection, connection: Some(named.connection), ..entry };
    witness.saw(named.owner, entry).await;
}
