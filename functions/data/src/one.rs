//! What there is one of, over REST.

use crate::history;
use axum::response::Response;
use domain::id::Me;
use domain::noun::Rules;
use domain::shelf::Entity;
use web::{
    Access, Answered, At, Call, IfMatch, Nouns, PageParams, Params, Problem, Reply, Routes, Sent, Told,
    Wanted,
};

/// `first` is what it was called first.
pub(crate) fn routes<T: Rules + Entity<Id = Me>>(routes: Routes, first: &'static str) -> Routes {
    let does = T::DOES;
    [does.get.path, first]
        .into_iter()
        .fold(routes, |routes, path| {
            let routes = routes.get(Access::Connection, path, read::<T>);
            routes.patch(Access::Connection, path, update::<T>)
        })
        .get(Access::Connection, does.history, past::<T>)
}

async fn read<T: Rules + Entity<Id = Me>>(call: Call, wanted: Wanted) -> Result<Response, Problem> {
    let (item, version) = Nouns::<T>::of(&call).get(Me::Me).await?;
    wanted.item(&call, item, version).await
}

async fn update<T: Rules + Entity<Id = Me>>(
    call: Call,
    IfMatch(expected): IfMatch,
    reply: Reply,
    patch: Sent<T::Patch>,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).update(Me::Me, patch, expected).await?;
    reply.give::<T>(&call, Answered::first(reply.changed(&item)?)).await
}

async fn past<T: Rules + Entity<Id = Me>>(
    call: Call,
    told: Told,
    page: Params<PageParams>,
) -> Result<Response, Problem> {
    history::of_one::<T>(call, told, At(Me::Me), page).await
}
