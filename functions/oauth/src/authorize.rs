//! Where an app sends its owner: nothing but a page that leads on. A browser sends the cookie of a session only with
//! what a page of ours asks for, not with what was asked for elsewhere.

use crate::pages::{Page, onward};
use axum::response::Response;
use http::Uri;
use web::Problem;

pub(crate) async fn authorize(uri: Uri) -> Result<Response, Problem> {
    let to = format!("/consent?{}", uri.query().unwrap_or_default());
    Page::default().show(&onward("An app asks to be let in.", &to))
}
