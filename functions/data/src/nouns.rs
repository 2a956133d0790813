//! The nouns over REST.

use crate::history;
use axum::response::{IntoResponse, Response};
use domain::noun::Rules;
use http::{StatusCode, Uri, header};
use web::{
    APPLIED, Access, Answer, Answered, Asked, At, Call, IfMatch, Keep, MINIMAL, Minimal, Nouns, Problem,
    Repeatable, Routes, Sent, Wanted, Within, Written, tag, tagged,
};

pub(crate) fn routes<T: Rules>(routes: Routes) -> Routes {
    let does = T::DOES;
    routes
        .get(Access::Connection, does.list.path, list::<T>)
        .post(Access::Connection, does.create.path, create::<T>)
        .get(Access::Connection, does.get.path, read::<T>)
        .patch(Access::Connection, does.update.path, update::<T>)
        .delete(Access::Connection, does.delete.path, delete::<T>)
        .post(Access::Connection, does.restore.path, restore::<T>)
        .get(Access::Connection, does.history, history::of_one::<T>)
}

pub(crate) async fn list<T: Rules>(
    call: Call,
    within: Within,
    wanted: Wanted,
    asked: Asked<T::Filter>,
) -> Result<Response, Problem> {
    let page = Nouns::<T>::of(&call).within(within).list(&asked).await?;
    wanted.page(&call, page).await
}

async fn create<T: Rules>(
    call: Call,
    uri: Uri,
    minimal: Minimal,
    Repeatable(new, once): Repeatable<Sent<T::New>>,
) -> Result<Answered, Problem> {
    let work = async |keep: Keep<'_>| {
        let answer = |made: &Written<T>| made_answer(made, &uri, minimal);
        let made = Nouns::<T>::of(&call).create(new, |made| keep.answer(&answer(made)?)).await?;
        Ok(answer(&made)?)
    };
    once.run_call(&call, &T::DOES.create, work).await
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
    Ok(changed(&item, minimal))
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

async fn restore<T: Rules>(
    call: Call,
    within: Within,
    At(id): At<T::Id>,
    minimal: Minimal,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).within(within).restore(id).await?;
    Ok(changed(&item, minimal))
}

fn made_answer<T: Rules>(made: &Written<T>, uri: &Uri, Minimal(minimal): Minimal) -> domain::Result<Answer> {
    let status = if made.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let answer =
        if minimal { Answer::empty(status).with(APPLIED, MINIMAL) } else { Answer::json(status, made)? };
    let location = format!("{}/{}", uri.path(), made.id);
    Ok(answer.with(header::LOCATION, location).with(header::ETAG, tag(made.version)))
}

/// What was changed, or, for a caller that does without, its version only.
pub(crate) fn changed<T: Rules>(item: &Written<T>, Minimal(minimal): Minimal) -> Response {
    if !minimal {
        return tagged(item, item.version);
    }
    let headers = [(header::ETAG, tag(item.version)), (APPLIED, MINIMAL.to_owned())];
    (StatusCode::NO_CONTENT, headers).into_response()
}
