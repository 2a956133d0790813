//! The nouns over REST.

use crate::history;
use axum::response::{IntoResponse, Response};
use domain::noun::{Deed, Rules};
use http::{StatusCode, Uri, header};
use serde_json::value::RawValue;
use web::{
    APPLIED, Access, Answer, Answered, Asked, At, Batch, Call, Condition, Each, IfMatch, Keep, MINIMAL,
    Minimal, Nouns, Problem, Repeatable, Routes, Sent, Wanted, Within, Written, tag, tagged,
};

pub(crate) fn routes<T: Rules>(routes: Routes) -> Routes {
    but_delete::<T>(routes).delete(Access::Connection, T::DOES.delete.path, delete::<T>)
}

/// For a noun whose delete is its own.
pub(crate) fn but_delete<T: Rules>(routes: Routes) -> Routes {
    let does = T::DOES;
    let routes = T::DEEDS.iter().fold(routes, |routes, deed| {
        let handler = move |call, within, At(id): At<T::Id>, version, minimal| {
            carry_out::<T>(deed, call, within, id, version, minimal)
        };
        routes.post(Access::Connection, deed.does.path, handler)
    });
    let routes =
        does.batch.iter().fold(routes, |routes, many| routes.post(Access::Connection, many.path, batch::<T>));
    routes
        .get(Access::Connection, does.list.path, list::<T>)
        .post(Access::Connection, does.create.path, create::<T>)
        .get(Access::Connection, does.get.path, read::<T>)
        .patch(Access::Connection, does.update.path, update::<T>)
        .put(Access::Connection, does.put.path, put::<T>)
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
        let answer = |made: &Written<T>| {
            let path = format!("{}/{}", uri.path(), made.id);
            made_answer(made, &path, minimal)
        };
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

async fn put<T: Rules>(
    call: Call,
    uri: Uri,
    within: Within,
    At(id): At<T::Id>,
    condition: Condition,
    minimal: Minimal,
    new: Sent<T::New>,
) -> Result<Response, Problem> {
    let (is_new, item) = Nouns::<T>::of(&call).within(within).put(id, new, condition).await?;
    if is_new {
        return Ok(made_answer(&item, uri.path(), minimal)?.into_response());
    }
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

async fn carry_out<T: Rules>(
    deed: &Deed<T>,
    call: Call,
    within: Within,
    id: T::Id,
    IfMatch(expected): IfMatch,
    minimal: Minimal,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).within(within).carry_out(deed, id, expected).await?;
    Ok(changed(&item, minimal))
}

async fn batch<T: Rules>(
    call: Call,
    Repeatable(all, once): Repeatable<Each<T::New>>,
) -> Result<Batch<Box<RawValue>>, Problem> {
    Nouns::<T>::of(&call).create_each(all, once).await
}

fn made_answer<T: Rules>(made: &Written<T>, path: &str, Minimal(minimal): Minimal) -> domain::Result<Answer> {
    let status = if made.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let answer =
        if minimal { Answer::empty(status).with(APPLIED, MINIMAL) } else { Answer::json(status, made)? };
    Ok(answer.with(header::LOCATION, path).with(header::ETAG, tag(made.version)))
}

/// What was changed, or, for a caller that does without, its version only.
pub(crate) fn changed<T: Rules>(item: &Written<T>, Minimal(minimal): Minimal) -> Response {
    if !minimal {
        return tagged(item, item.version);
    }
    let headers = [(header::ETAG, tag(item.version)), (APPLIED, MINIMAL.to_owned())];
    (StatusCode::NO_CONTENT, headers).into_response()
}
