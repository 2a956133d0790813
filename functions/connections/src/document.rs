//! The description of the whole API: made by `tests/it/openapi.rs` from the routes and types of every function.

use http::header::{CONTENT_TYPE, HeaderName};

pub(crate) async fn read() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], include_str!("../openapi.json"))
}
