//! Agents that can only start a command: `larder mcp-stdio` stands for a Larder.

use crate::harness::House;
use crate::mcp::MODERN;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use clap::Parser as _;
use domain::outbound::{Answer, Outbound, OutboundError, Request};
use http_body_util::BodyExt as _;
use local::Cli;
use local::stdio::Bridge;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, mpsc};
use tower::ServiceExt as _;

/// What was sent, of which the headers matter.
type Sent = Arc<Mutex<Vec<Request>>>;

/// The host's own router, without a network between.
struct Host(Router, Sent);

#[async_trait]
impl Outbound for Host {
    async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        self.1.lock().unwrap().push(request.clone());
        let mut call = http::Request::post(request.url.path()).header("host", "larder.test");
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        let answer = self.0.clone().oneshot(call.body(Body::from(request.body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes().to_vec();
        Ok(Answer { status, retry_after: None, body })
    }
}

/// Says the same to everybody, once it may.
struct Parrot(&'static str, u16, Sent, Arc<Semaphore>);

#[async_trait]
impl Outbound for Parrot {
    async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        self.2.lock().unwrap().push(request);
        self.3.acquire().await.unwrap().forget();
        Ok(Answer { status: self.1, retry_after: None, body: self.0.into() })
    }
}

struct Silent;

#[async_trait]
impl Outbound for Silent {
    async fn send(&self, _: Request) -> Result<Answer, OutboundError> {
        Err(OutboundError::TimedOut)
    }
}

fn bridge(outbound: impl Outbound + 'static, key: &str) -> Bridge {
    let url = "https://larder.test/mcp".parse().unwrap();
    Bridge { outbound: Box::new(outbound), url, key: key.to_owned() }
}

/// What is said to these lines, each of which is one message.
async fn said(bridge: &Bridge, lines: &[String]) -> Vec<Value> {
    let (give, given) = mpsc::channel(lines.len().max(1));
    for line in lines {
        give.send(format!("{line}\n").into_bytes()).await.unwrap();
    }
    drop(give);
    let mut said = Vec::new();
    let say = |line: &str| {
        assert!(!line.contains('\n'), "{line}");
        said.push(serde_json::from_str(line).unwrap());
        Ok(())
    };
    bridge.carry(given, say).await.unwrap();
    said
}

fn asks(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

fn modern(id: u64, method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    asks(id, method, &params)
}

fn by_id(said: &[Value], id: u64) -> &Value {
    said.iter().find(|answer| answer["id"] == id).unwrap_or_else(|| panic!("{id} in {said:?}"))
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn an_older_agent_speaks_in_the_version_that_was_agreed_on() {
    let (house, sent) = (House::new(), Sent::default());
    let key = house.api("full_access").await;
    let client = json!({ "name": "test", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let task = json!({ "name": "create_task", "arguments": { "title": "Milk" } });
    let lines = [
        asks(1, "initialize", &hello),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string(),
        asks(2, "tools/list", &json!({})),
        "   ".to_owned(),
        asks(3, "tools/call", &task),
    ];
    let said = said(&bridge(Host(house.router.clone(), Arc::clone(&sent)), &key), &lines).await;
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(by_id(&said, 1)["result"]["protocolVersion"], "2025-06-18");
    assert!(by_id(&said, 2)["result"]["tools"].as_array().unwrap().len() > 40);
    assert_eq!(by_id(&said, 3)["result"]["structuredContent"]["title"], "Milk");
    let sent = sent.lock().unwrap();
    assert_eq!(header(&sent[0], "mcp-protocol-version"), None);
    for later in &sent[1..] {
        assert_eq!(header(later, "mcp-protocol-version"), Some("2025-06-18"));
        assert_eq!(header(later, "mcp-method"), None);
    }
}

#[tokio::test]
async fn a_newer_agents_messages_say_in_their_headers_what_they_ask_for() {
    let (house, sent) = (House::new(), Sent::default());
    let key = house.api("full_access").await;
    let lines = [
        modern(1, "server/discover", json!({})),
        modern(2, "tools/call", json!({ "name": "list_tasks", "arguments": {} })),
        modern(3, "prompts/get", json!({ "name": "daily_planning", "arguments": {} })),
        modern(4, "resources/read", json!({ "uri": "larder://me/today" })),
        modern(5, "resources/read", json!({ "uri": "larder://collections/büro/1" })),
        modern(6, "tools/call", json!({ "name": " list_tasks", "arguments": {} })),
        modern(7, "tools/call", json!({ "name": "=?base64?bGlzdF90YXNrcw==?=" })),
    ];
    let said = said(&bridge(Host(house.router.clone(), Arc::clone(&sent)), &key), &lines).await;
    for id in 1..=4 {
        assert_eq!(by_id(&said, id)["result"]["resultType"], "complete", "{said:?}");
    }
    // They came as far as what they name, which is not there.
    for id in 5..=7 {
        assert_eq!(by_id(&said, id)["error"]["code"], -32602, "{said:?}");
    }
    let sent = sent.lock().unwrap();
    assert_eq!(header(&sent[4], "mcp-name"), Some("=?base64?bGFyZGVyOi8vY29sbGVjdGlvbnMvYsO8cm8vMQ==?="));
    assert!(sent.iter().all(|request| header(request, "mcp-protocol-version") == Some(MODERN)));
}

#[tokio::test]
async fn what_is_refused_before_the_protocol_is_an_error_of_it() {
    let house = House::new();
    let key = house.api("read_only").await;
    let host = |key: &str| bridge(Host(house.router.clone(), Sent::default()), key);
    let list = asks(7, "tools/list", &json!({}));
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();

    let refused = said(&host("lrd_nonsense"), &[list.clone(), note.clone()]).await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    let error = &refused[0]["error"];
    assert_eq!((&refused[0]["id"], &error["code"]), (&json!(7), &json!(-32000)));
    assert!(error["message"].as_str().unwrap().contains("key"), "{error}");
    assert_eq!((&error["data"]["status"], &error["data"]["detail"]), (&json!(401), &error["message"]));
    assert!(!refused[0].to_string().contains("lrd_nonsense"));

    let long = asks(8, "tools/list", &json!({ "cursor": "x".repeat(300_000) }));
    assert_eq!(said(&host(&key), &[long]).await[0]["error"]["data"]["status"], 413);
    // The protocol has its own words for these.
    assert_eq!(said(&host(&key), &["{".to_owned()]).await[0]["error"]["code"], -32700);
    assert_eq!(said(&host(&key), &[format!("[{list}]")]).await[0]["error"]["code"], -32600);

    let silent = said(&bridge(Silent, &key), &[list.clone(), note.clone()]).await;
    assert_eq!(
        silent,
        [json!({
            "jsonrpc": "2.0", "id": 7, "error": { "code": -32000, "message": "no answer in time" }
        })]
    );
    let foreign = Parrot("<html>", 200, Sent::default(), Arc::new(Semaphore::new(9)));
    let foreign = said(&bridge(foreign, &key), &[list, note]).await;
    assert!(
        foreign[0]["error"]["message"].as_str().unwrap().contains("is the address right?"),
        "{foreign:?}"
    );
    assert_eq!(foreign.len(), 1);
}

#[tokio::test]
async fn what_comes_as_a_stream_or_on_many_lines_is_a_line_each() {
    let stream = "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\r\ndata: \"method\":\"notifications/progress\"}\r\n\r\n\
        : still there\n\ndata: \n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n";
    let broad = "{\n  \"jsonrpc\": \"2.0\",\r\n  \"id\": 1, \"result\": {}\n}\n";
    for (body, most) in [(stream, 2), (broad, 1)] {
        let parrot = Parrot(body, 200, Sent::default(), Arc::new(Semaphore::new(1)));
        let said = said(&bridge(parrot, "key"), &[asks(1, "ping", &json!({}))]).await;
        assert_eq!(said.len(), most, "{said:?}");
        assert_eq!(said[most - 1], json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    }
}

#[tokio::test]
async fn eight_are_in_hand_at_most_and_the_end_waits_for_them() {
    let (sent, may) = (Sent::default(), Arc::new(Semaphore::new(0)));
    let pong = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let bridge = bridge(Parrot(pong, 200, Arc::clone(&sent), Arc::clone(&may)), "key");
    let lines: Vec<_> = (0..20).map(|id| asks(id, "ping", &json!({}))).collect();
    let begun = || sent.lock().unwrap().len();
    let all = said(&bridge, &lines);
    tokio::pin!(all);
    assert!(futures_util::poll!(&mut all).is_pending());
    // All lines are given and the input is at its end, but eight are asked, and nothing is said yet.
    assert_eq!(begun(), 8);
    may.add_permits(3);
    assert!(futures_util::poll!(&mut all).is_pending());
    assert_eq!(begun(), 11);
    may.add_permits(17);
    assert_eq!(all.await.len(), 20);
}

#[tokio::test]
async fn nothing_is_said_before_the_version_is_settled() {
    let (sent, may) = (Sent::default(), Arc::new(Semaphore::new(0)));
    let hello = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"}}"#;
    let bridge = bridge(Parrot(hello, 200, Arc::clone(&sent), Arc::clone(&may)), "key");
    let lines = [asks(1, "initialize", &json!({})), asks(2, "ping", &json!({}))];
    let all = said(&bridge, &lines);
    tokio::pin!(all);
    assert!(futures_util::poll!(&mut all).is_pending());
    assert_eq!(sent.lock().unwrap().len(), 1);
    may.add_permits(2);
    assert_eq!(all.await.len(), 2);
    let sent = sent.lock().unwrap();
    assert_eq!(header(&sent[1], "mcp-protocol-version"), Some("2025-11-25"));
    assert_eq!(header(&sent[1], "authorization"), Some("Bearer key"));
}

#[test]
fn no_key_is_an_argument() {
    let with = |more: &[&str]| {
        Cli::try_parse_from(["larder", "mcp-stdio", "--url", "https://larder.test/mcp"].iter().chain(more))
    };
    assert!(with(&[]).is_ok() && with(&["--key-file", "key.txt"]).is_ok());
    for one in [&["--key", "lrd_x"][..], &["lrd_x"], &["--header", "Authorization: Bearer lrd_x"]] {
        assert!(with(one).is_err(), "{one:?}");
    }
}
