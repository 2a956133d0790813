//! Doing what was approved: the call as it was sent, by its owner's word instead of a key.

use super::Approved;
use crate::call::Call;
use crate::problem::Problem;
use axum::Router;
use axum::body::{Body, to_bytes};
use domain::access::ALWAYS;
use domain::approval::{Approval, Ended};
use domain::id::{ConnectionId, OwnerId};
use http::{Request, header};
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt as _;

/// What a call is done by that its owner approved. Only this process can say so: no header becomes it.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) owner: OwnerId,
    pub(crate) connection: ConnectionId,
    pub(crate) approved: Approved,
    /// The call, once it is one.
    pub(crate) call: Arc<OnceLock<Call>>,
}

/// How it ended, on one of these routes.
pub async fn run(routes: Router, approval: &Approval, owner: OwnerId) -> Result<Ended, Problem> {
    let (approved, call) = (Approved::of(approval, owner)?, Arc::default());
    let run = Run { owner, connection: approval.connection, approved, call: Arc::clone(&call) };
    let sent = &approval.request;
    let mut request = Request::builder().method(&*sent.method).uri(&*sent.path).extension(run);
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    // Nothing is called by a name here, and what it answers is read here.
    let request = request.header(header::HOST, "localhost").header(header::ACCEPT, "application/json");
    let request = request.body(sent.body.clone().map_or_else(Body::empty, Body::from));
    let answer = routes.oneshot(request.map_err(Problem::internal)?).await.map_err(Problem::internal)?;
    let (status, body) = (answer.status().as_u16(), answer.into_body());
    let body = to_bytes(body, usize::MAX).await.map_err(Problem::internal)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    // A protocol may answer 200 to what it refused.
    if let Some((call, problem)) = call.get().and_then(|call: &Call| Some((call, call.refusal()?))) {
        let body = serde_json::to_value(problem.wire(call.request())).map_err(Problem::internal)?;
        return Ok(Ended { status: problem.status.as_u16(), body });
    }
    let body = if status < 400 { bare(body) } else { body };
    Ok(Ended { status, body })
}

/// What nobody hides of what was written.
fn bare(body: Value) -> Value {
    let Value::Object(mut fields) = body else { return Value::Null };
    if let Some(told) = fields.get_mut("result").and_then(|result| result.get_mut("structuredContent")) {
        return bare(told.take());
    }
    if let Some(Value::Array(each)) = fields.remove("data") {
        return each.into_iter().map(of_many).collect();
    }
    fields.retain(|name, _| ALWAYS.contains(&name.as_str()));
    if fields.is_empty() { Value::Null } else { Value::Object(fields) }
}

fn of_many(one: Value) -> Value {
    let Value::Object(mut fields) = one else { return Value::Null };
    if let Some(item) = fields.get_mut("item") {
        *item = bare(item.take());
    }
    Value::Object(fields)
}
