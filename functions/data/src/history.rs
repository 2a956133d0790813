//! What happened to the owner's data, item by item and in all.

use axum::Json;
use domain::noun::Noun;
use web::{At, Call, Changes, Feed, FeedParams, History, Page, PageParams, Params, PastChange, Problem};

pub(crate) async fn of_one<T: Noun>(
    call: Call,
    At(id): At<T::Id>,
    Params(page): Params<PageParams>,
) -> Result<Json<Page<PastChange>>, Problem> {
    Ok(Json(History(&call).of::<T>(id, &page).await?))
}

pub(crate) async fn since(call: Call, Params(params): Params<FeedParams>) -> Result<Json<Changes>, Problem> {
    Ok(Json(Feed(&call).since(&params).await?))
}
