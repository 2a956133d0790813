//! The routes in words, types and examples, for the description of the API.

use crate::list::Wanted;
use domain::approval::View;
use domain::id::ApprovalId;
use http::Method;
use serde_json::{Value, json};
use web::Page;
use web::openapi::Operation;

pub fn operations() -> Vec<Operation> {
    let one = |method, path, id: &'static str, summary| {
        Operation::new(method, path, id, summary)
            .at::<ApprovalId>()
            .answers::<View>(200, web::approval::example())
    };
    let decide = |path, id, summary| one(Method::POST, path, id, summary).refuses(409);
    vec![
        Operation::new(Method::GET, "/approvals", "list_approvals", "What waits for your word, in pages")
            .query::<Wanted>()
            .answers::<Page<View>>(200, page()),
        one(Method::GET, "/approvals/{id}", "get_approval", "What was asked, and what became of it"),
        decide("/approvals/{id}/approve", "approve", "Say yes: it is done now, once"),
        decide("/approvals/{id}/deny", "deny", "Say no: it is never done"),
    ]
}

fn page() -> Value {
    json!({ "data": [web::approval::example()], "next_cursor": null })
}
