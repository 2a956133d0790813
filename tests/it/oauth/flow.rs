//! An app and its owner's browser.

use crate::harness::{Answer, House, OWNER, request};
use axum::body::Body;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const BACK: &str = "https://app.example/back?from=larder";
pub(crate) const RESOURCE: &str = "http://larder.test/mcp";
/// The pair of RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) type Pairs<'a> = Vec<(&'a str, &'a str)>;

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn form(path: &str, pairs: &[(&str, &str)], token: Option<&str>) -> Request<Body> {
    let mut sent = request("POST", path, token, None);
    let kind = "application/x-www-form-urlencoded".parse().unwrap();
    sent.headers_mut().insert(header::CONTENT_TYPE, kind);
    *sent.body_mut() = encoded(pairs).into();
    sent
}

pub(crate) async fn post(house: &House, path: &str, pairs: &[(&str, &str)]) -> Answer {
    house.send(form(path, pairs, None)).await
}

pub(crate) async fn register_as(house: &House, metadata: Value) -> Answer {
    house.call("POST", "/register", "", Some(metadata)).await
}

pub(crate) async fn register(house: &House) -> String {
    let made = register_as(house, json!({ "client_name": "Notes", "redirect_uris": [BACK] })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.text("/client_id")
}

/// What a correct app asks for.
pub(crate) fn wanted(client: &str) -> Pairs<'_> {
    vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", BACK),
        ("state", "st&te"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", RESOURCE),
    ]
}

/// With one of them as it should not be; `None`: not at all.
pub(crate) fn but<'a>(mut pairs: Pairs<'a>, name: &str, value: Option<&'a str>) -> Pairs<'a> {
    match value {
        Some(value) => pairs.iter_mut().filter(|(other, _)| *other == name).for_each(|pair| pair.1 = value),
        None => pairs.retain(|(other, _)| *other != name),
    }
    pairs
}

pub(crate) async fn page(house: &House, query: &[(&str, &str)], owner: Option<&str>) -> Page {
    seen(house, request("GET", &format!("/consent?{}", encoded(query)), owner, None)).await
}

pub(crate) async fn seen(house: &House, request: Request<Body>) -> Page {
    let (parts, body) = house.router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Page { status: parts.status.as_u16(), headers: parts.headers, text }
}

impl Page {
    fn attributes<'a>(&'a self, start: &str) -> impl Iterator<Item = &'a str> {
        let parts: Vec<_> = self.text.split(start).skip(1).collect();
        parts.into_iter().filter_map(|rest| rest.split('"').next())
    }

    pub(crate) fn sealed(&self) -> String {
        self.attributes("name=\"request\" value=\"").next().expect("a form").to_owned()
    }

    /// What is checked on it.
    pub(crate) fn boxes(&self) -> Vec<String> {
        self.attributes("type=\"checkbox\" name=\"").map(str::to_owned).collect()
    }

    pub(crate) fn location(&self) -> Option<String> {
        self.headers.get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned())
    }

    /// What the app is told.
    pub(crate) fn told(&self, name: &str) -> Option<String> {
        let location = self.location()?;
        let (_, query) = location.split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
    }
}

/// The owner says yes, and leaves checked what is named.
pub(crate) async fn allow(house: &House, query: &[(&str, &str)], keep: impl Fn(&str) -> bool) -> Page {
    let shown = page(house, query, Some(OWNER)).await;
    assert_eq!(shown.status, 200, "{}{:?}", shown.text, shown.location());
    let (sealed, boxes) = (shown.sealed(), shown.boxes());
    let mut pairs = vec![("request", sealed.as_str()), ("decision", "allow"), ("connection", "new")];
    pairs.extend(boxes.iter().filter(|name| keep(name)).map(|name| (name.as_str(), "on")));
    seen(house, form("/consent", &pairs, Some(OWNER))).await
}

pub(crate) async fn code_for(house: &House, client: &str) -> String {
    let given = allow(house, &wanted(client), |_| true).await;
    assert_eq!(given.status, 303, "{}", given.text);
    given.told("code").unwrap()
}

pub(crate) fn trade<'a>(client: &'a str, code: &'a str) -> Pairs<'a> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("resource", RESOURCE),
    ]
}

/// The tokens that an app has.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.body);
        Self { access: answer.text("/access_token"), refresh: answer.text("/refresh_token") }
    }
}

/// From nothing to tokens.
pub(crate) async fn let_in(house: &House, client: &str) -> Tokens {
    let code = code_for(house, client).await;
    Tokens::of(&post(house, "/token", &trade(client, &code)).await)
}

pub(crate) async fn refresh(house: &House, client: &str, token: &str) -> Answer {
    let pairs = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
    post(house, "/token", &pairs).await
}

/// What a call to a tool answers in HTTP.
pub(crate) async fn tool(house: &House, token: &str, name: &str, arguments: Value) -> Answer {
    let params = json!({ "name": name, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    house.call("POST", "/mcp", token, Some(call)).await
}

pub(crate) async fn status(house: &House, access: &str) -> u16 {
    tool(house, access, "list_tasks", json!({})).await.status.as_u16()
}

pub(crate) fn is_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.text("/error"), error, "{}", answer.body);
    assert!(!answer.text("/error_description").is_empty());
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}

/// The id of the only connection that there is.
pub(crate) async fn connection(house: &House) -> String {
    let listed = house.call("GET", "/connections", OWNER, None).await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(1), "{}", listed.body);
    listed.text("/data/0/id")
}
