//! The nouns over REST.

use crate::history;
use axum::response::{IntoResponse, Response};
use domain::noun::Rules;
use http::{StatusCode, Uri, header};
use web::{
    APPLIED, Access, At, Call, IfMatch, MINIMAL, Minimal, Nouns, PageParams, Params, Problem, Routes, Sent,
    Wanted, Within, Written, tagged,
};

pub(crate) fn routes<T: Rules>(routes: Routes) -> Routes {
    let does = T::DOES;
    routes
        .get(Access::Connection, does.list.path, list::<T>)
        .post(Access::Connection, does.create.path, create::<T>)
        .get(Access::Connection, does.get.path, read::<T>)
        .patch(Access::Connection, does.update.path, update::<T>)
        .delete(Access::Connection, does.delete.path, delete::<T>)
        .get(Access::Connection, does.history, history::of_one::<T>)
}

async fn list<T: Rules>(
    call: Call,
    within: Within,
    wanted: Wanted,
    Params(page): Params<PageParams>,
) -> Result<Response, Problem> {
    let page = Nouns::<T>::of(&call).within(within).list(&page).await?;
    wanted.page(&call, page).await
}

async fn create<T: Rules>(
    call: Call,
    uri: Uri,
    minimal: Minimal,
    new: Sent<T::New>,
) -> Result<Response, Problem> {
    let made = Nouns::<T>::of(&call).create(new).await?;
    let location = [(header::LOCATION, format!("{}/{}", uri.path(), made.id))];
    Ok((location, written(StatusCode::CREATED, made, minimal)).into_response())
}

async fn read<T: Rules>(
    call: Call,
    within: Within,
    wanted: Wanted,
    At(id): At<T::Id>,
) -> Result<Response, Problem> {
    let (item, version) = Nouns::<T>::of(&call).within(within).get(id).await?;
    wanted.item(&call, item, version).await
}

async fn update<T: Rules>(
    call: Call,
    within: Within,
    At(id): At<T::Id>,
    IfMatch(expected): IfMatch,
    minimal: Minimal,
    patch: Sent<T::Patch>,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).within(within).update(id, patch, expected).await?;
    Ok(written(StatusCode::OK, item, minimal))
}

async fn delete<T: Rules>(
    call: Call,
    within: Within,
    At(id): At<T::Id>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    Nouns::<T>::of(&call).within(within).delete(id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was written, or, for a caller that does without, its version only.
fn written<T: Rules>(status: StatusCode, item: Written<T>, Minimal(minimal): Minimal) -> Response {
    if !minimal {
        return (status, tagged(&item, item.version)).into_response();
    }
    let status = if status == StatusCode::OK { StatusCode::NO_CONTENT } else { status };
    let tag = (header::ETAG, format!("\"{}\"", item.version));
    (status, [tag, (APPLIED, MINIMAL.to_owned())]).into_response()
}
