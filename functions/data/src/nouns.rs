//! The nouns over REST.

use crate::history;
use axum::response::Response;
use domain::noun::{Deed, Rules};
use http::{StatusCode, Uri};
use web::{
    Access, Answered, Asked, At, Call, Condition, Each, IfMatch, Keep, Nouns, Problem, Repeatable, Reply,
    Routes, Sent, Wanted, Within, Written,
};

pub(crate) fn routes<T: Rules>(routes: Routes) -> Routes {
    but_delete::<T>(routes).delete(Access::Connection, T::DOES.delete.path, delete::<T>)
}

/// For a noun whose delete is its own.
pub(crate) fn but_delete<T: Rules>(routes: Routes) -> Routes {
    let does = T::DOES;
    let routes = T::DEEDS.iter().fold(routes, |routes, deed| {
        let handler = move |call, within, At(id): At<T::Id>, version, reply| {
            carry_out::<T>(deed, call, within, id, version, reply)
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
    reply: Reply,
    Repeatable(new, once): Repeatable<Sent<T::New>>,
) -> Result<Response, Problem> {
    let work = async |keep: Keep<'_>| {
        let answer = |made: &Written<T>| {
            let path = format!("{}/{}", uri.path(), made.id);
            reply.made(made, &path)
        };
        let made = Nouns::<T>::of(&call).create(new, |made| keep.answer(&answer(made)?)).await?;
        Ok(answer(&made)?)
    };
    let answered = once.run_call(&call, &T::DOES.create, work).await?;
    reply.give::<T>(&call, answered).await
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
    reply: Reply,
    patch: Sent<T::Patch>,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).within(within).update(id, patch, expected).await?;
    reply.give::<T>(&call, Answered::first(reply.changed(&item)?)).await
}

async fn put<T: Rules>(
    call: Call,
    uri: Uri,
    within: Within,
    At(id): At<T::Id>,
    condition: Condition,
    reply: Reply,
    new: Sent<T::New>,
) -> Result<Response, Problem> {
    let (is_new, item) = Nouns::<T>::of(&call).within(within).put(id, new, condition).await?;
    let answer = if is_new { reply.made(&item, uri.path())? } else { reply.changed(&item)? };
    reply.give::<T>(&call, Answered::first(answer)).await
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
    reply: Reply,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).within(within).restore(id).await?;
    reply.give::<T>(&call, Answered::first(reply.changed(&item)?)).await
}

async fn carry_out<T: Rules>(
    deed: &Deed<T>,
    call: Call,
    within: Within,
    id: T::Id,
    IfMatch(expected): IfMatch,
    reply: Reply,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).within(within).carry_out(deed, id, expected).await?;
    reply.give::<T>(&call, Answered::first(reply.changed(&item)?)).await
}

async fn batch<T: Rules>(
    call: Call,
    reply: Reply,
    Repeatable(all, once): Repeatable<Each<T::New>>,
) -> Result<Response, Problem> {
    let batch = Nouns::<T>::of(&call).create_each(all, once).await?;
    reply.batch(&call, batch).await
}
