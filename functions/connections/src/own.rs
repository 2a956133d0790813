//! What there is one of, for the owner: all of it, also what is hidden from every connection.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::access::Shown;
use domain::id::Me;
use domain::noun::{self, Desk, Rules};
use domain::shelf::{Entity, Shelf};
use http::header;
use web::{App, Body, ByOwner, IfMatch, Owner, Problem, expect_version, tag};

pub(crate) async fn read<T: Rules + Entity<Id = Me>>(
    State(app): State<App>,
    Owner(owner): Owner,
    ByOwner(by): ByOwner,
) -> Result<Response, Problem> {
    answer(noun::get(&Shelf::<T>::new(&*app.table, owner), Me::Me, || by).await?)
}

pub(crate) async fn update<T: Rules + Entity<Id = Me>>(
    State(app): State<App>,
    Owner(owner): Owner,
    ByOwner(by): ByOwner,
    IfMatch(expected): IfMatch,
    Body(patch): Body<T::Patch>,
) -> Result<Response, Problem> {
    let desk = Desk { table: &*app.table, owner, writer: by, eyes: None, restores: false, along: &[] };
    let item: T = noun::get(&desk.shelf(), Me::Me, || by).await?;
    expect_version(&expected, item.version())?;
    let patched = item.clone().patched(patch, &by);
    answer(desk.replace(&item, patched, |_| Ok(())).await?)
}

fn answer<T: Rules>(item: T) -> Result<Response, Problem> {
    let tag = [(header::ETAG, tag(item.version()))];
    Ok((tag, Json(Shown::whole(item)?)).into_response())
}
