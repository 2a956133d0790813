//! Stands in for DynamoDB and KMS while a Lambda is measured: keeps rows in memory and answers at once, so that what
//! is measured is the function. It checks nothing: no condition, no signature; the tests do that elsewhere.

use bench::Fallible;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::rc::Rc;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};

/// Rows by partition and sort key.
type Rows = Rc<RefCell<BTreeMap<(String, String), Value>>>;

/// The one data key, 32 times the byte 7, in base 64.
const DATA_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    LocalSet::new().run_until(serve()).await
}

async fn serve() -> Fallible<()> {
    let rows = Rows::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let rows = Rc::clone(&rows);
        let service = service_fn(move |request| answer(request, Rc::clone(&rows)));
        spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(request: Request<Incoming>, rows: Rows) -> Fallible<Response<Full<Bytes>>> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.split('.').next_back()).unwrap_or_default().to_owned();
    let asked = serde_json::from_slice(&request.into_body().collect().await?.to_bytes()).unwrap_or_default();
    let answer = perform(&operation, &asked, &rows);
    let status = if answer.is_some() { 200 } else { 400 };
    let body = answer.unwrap_or_else(|| json!({ "__type": "ValidationException", "message": operation }));
    Ok(Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::new(body.to_string().into()))?)
}

fn perform(operation: &str, asked: &Value, rows: &Rows) -> Option<Value> {
    match operation {
        "GetItem" => {
            let found = rows.borrow().get(&key(asked.get("Key")?)?).cloned();
            Some(found.map_or_else(|| json!({}), |item| json!({ "Item": item })))
        }
        "BatchGetItem" => {
            let (table, wanted) = asked.get("RequestItems")?.as_object()?.iter().next()?;
            let wanted = wanted.get("Keys")?.as_array()?.iter().filter_map(key);
            let found: Vec<_> = wanted.filter_map(|key| rows.borrow().get(&key).cloned()).collect();
            Some(json!({ "Responses": { table: found }, "UnprocessedKeys": {} }))
        }
        "PutItem" => {
            let item = asked.get("Item")?;
            rows.borrow_mut().insert(key(item)?, item.clone());
            Some(json!({}))
        }
        // The only updates are additions to counters, and nothing here reads them again.
        "UpdateItem" => Some(json!({ "Attributes": asked.get("Key")? })),
        "Query" => query(asked, rows),
        "GenerateDataKey" => {
            Some(json!({ "KeyId": "bench", "Plaintext": DATA_KEY, "CiphertextBlob": DATA_KEY }))
        }
        "Decrypt" => Some(json!({ "KeyId": "bench", "Plaintext": DATA_KEY })),
        _ => None,
    }
}

/// The first page of a range.
fn query(asked: &Value, rows: &Rows) -> Option<Value> {
    let values = asked.get("ExpressionAttributeValues")?;
    let value = |name| values.get(name).and_then(text);
    let (owner, end) = (value(":owner")?, value(":end")?);
    let range = (owner.clone(), value(":start").unwrap_or_default())..=(owner, end);
    let rows = rows.borrow();
    let mut found: Vec<&Value> = rows.range(range).map(|(_, item)| item).collect();
    if asked.get("ScanIndexForward") == Some(&Value::Bool(false)) {
        found.reverse();
    }
    let limit = asked.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok())?;
    let more = found.len() > limit;
    found.truncate(limit);
    let mut answer = Map::from_iter([("Count".to_owned(), found.len().into())]);
    if let Some(last) = found.last().filter(|_| more) {
        answer.insert("LastEvaluatedKey".to_owned(), json!({ "pk": last.get("pk"), "sk": last.get("sk") }));
    }
    answer.insert("Items".to_owned(), json!(found));
    Some(answer.into())
}

fn key(item: &Value) -> Option<(String, String)> {
    Some((text(item.get("pk")?)?, text(item.get("sk")?)?))
}

fn text(value: &Value) -> Option<String> {
    value.get("S").and_then(Value::as_str).map(str::to_owned)
}
