//! The nouns over REST.

use crate::history;
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::access::Shown;
use domain::noun::Rules;
use http::{StatusCode, header};
use web::{Access, At, Call, IfMatch, Nouns, Page, PageParams, Params, Problem, Routes, Sent, tagged};

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
    Params(page): Params<PageParams>,
) -> Result<Json<Page<Shown<T>>>, Problem> {
    Ok(Json(Nouns::<T>::of(&call).list(&page).await?))
}

async fn create<T: Rules>(call: Call, new: Sent<T::New>) -> Result<Response, Problem> {
    let made = Nouns::<T>::of(&call).create(new).await?;
    let location = [(header::LOCATION, format!("{}/{}", T::DOES.create.path, made.id))];
    Ok((StatusCode::CREATED, location, tagged(&made, made.version)).into_response())
}

async fn read<T: Rules>(call: Call, At(id): At<T::Id>) -> Result<Response, Problem> {
    let (item, version) = Nouns::<T>::of(&call).get(id).await?;
    Ok(tagged(&item, version))
}

async fn update<T: Rules>(
    call: Call,
    At(id): At<T::Id>,
    IfMatch(expected): IfMatch,
    patch: Sent<T::Patch>,
) -> Result<Response, Problem> {
    let item = Nouns::<T>::of(&call).update(id, patch, expected).await?;
    Ok(tagged(&item, item.version))
}

async fn delete<T: Rules>(
    call: Call,
    At(id): At<T::Id>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    Nouns::<T>::of(&call).delete(id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
