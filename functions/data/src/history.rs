//! What happened to the owner's data, item by item and in all.

use axum::response::Response;
use domain::noun::Noun;
use web::{At, Call, Feed, FeedParams, History, PageParams, Params, Problem, Told};

pub(crate) async fn of_one<T: Noun>(
    call: Call,
    told: Told,
    At(id): At<T::Id>,
    Params(page): Params<PageParams>,
) -> Result<Response, Problem> {
    let past = History(&call).of::<T>(id, &page).await?;
    told.and_next("cursor", past.next_cursor.as_deref())?.of(&call, "history", &past).await
}

pub(crate) async fn since(
    call: Call,
    told: Told,
    Params(params): Params<FeedParams>,
) -> Result<Response, Problem> {
    let changes = Feed(&call).since(&params).await?;
    told.and_next("since", Some(&changes.next_cursor))?.of(&call, "changes", &changes).await
}
