//! Holds a call and its answer against the description of the API; the harness does it with all of them.

use crate::harness::Answer;
use http::{Method, StatusCode, header};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use web::openapi::document;

pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| document(local::routes().list(), &local::operations()));

/// What is said of this call, by its place in the document.
fn place(method: &Method, path: &str) -> Option<String> {
    let segments: Vec<_> = path.split('/').collect();
    let fits = |template: &str| {
        let wanted: Vec<_> = template.split('/').collect();
        let same = |(wanted, segment): (&&str, &&str)| wanted.starts_with('{') || wanted == segment;
        wanted.len() == segments.len() && wanted.iter().zip(&segments).all(same)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let template =
        paths.keys().filter(|template| fits(template)).min_by_key(|path| path.matches('{').count())?;
    let place = format!("/paths/{}/{}", template.replace('/', "~1"), method.as_str().to_lowercase());
    DOCUMENT.pointer(&place).map(|_| place)
}

pub(crate) fn check(method: &Method, path: &str, sent: &[u8], answer: &Answer) {
    let Some(place) = place(method, path) else { return };
    let status = answer.status.as_u16();
    let said = follow(format!("{place}/responses/{status}"));
    let said =
        said.unwrap_or_else(|| panic!("{method} {path} answers {status}, undescribed: {}", answer.body));
    if answer.status.is_success()
        && answer.status != StatusCode::MULTI_STATUS
        && let Ok(sent) = serde_json::from_slice(sent)
    {
        let taken = format!("{place}/requestBody/content/application~1json/schema");
        fits(&taken, &sent, "what was accepted is not described as it was sent");
    }
    if answer.headers.contains_key("preference-applied") {
        return assert!(!answer.headers.contains_key(header::CONTENT_TYPE), "{method} {path} tells more");
    }
    let Some(content) = DOCUMENT.pointer(&said).unwrap().get("content").and_then(Value::as_object) else {
        return assert!(
            !answer.headers.contains_key(header::CONTENT_TYPE),
            "{method} {path} answers something"
        );
    };
    let media = media(content, answer);
    if media.ends_with("json") {
        let schema = format!("{said}/content/{}/schema", media.replace('/', "~1"));
        fits(&schema, &answer.body, "an answer is not as it is described");
    }
}

/// Holds what a webhook is sent against what its event is described as.
pub(crate) fn check_event(body: &str) {
    let event: Value = serde_json::from_str(body).unwrap();
    let name = event["type"].as_str().unwrap();
    let (noun, verb) = (name.split('.').next().unwrap(), name.rsplit('.').next().unwrap());
    let of_all = if noun == "record" { format!("record.*.{verb}") } else { name.to_owned() };
    let place = format!("/webhooks/{of_all}/post/requestBody/content/application~1json/schema");
    fits(&place, &event, "an event is not as it is described");
}

fn media<'a>(content: &'a Map<String, Value>, answer: &Answer) -> &'a str {
    let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap().split(';').next().unwrap();
    let (media, _) = content.get_key_value(kind).unwrap_or_else(|| panic!("{kind} is not described"));
    media
}

fn follow(place: String) -> Option<String> {
    match DOCUMENT.pointer(&place)?.get("$ref") {
        Some(place) => place.as_str()?.strip_prefix('#').map(str::to_owned),
        None => Some(place),
    }
}

/// Whether a value fits the schema that lies at this place of the document.
pub(crate) fn fits(place: &str, value: &Value, otherwise: &str) {
    let errors: Vec<_> = validator(place).iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{otherwise}: {place}: {errors:?}: {value}");
}

fn validator(place: &str) -> Arc<Validator> {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut all = VALIDATORS.lock().unwrap();
    let make = || {
        let schema = DOCUMENT.pointer(place).unwrap_or_else(|| panic!("there is no {place}"));
        let schema = json!({ "components": DOCUMENT["components"], "allOf": [schema] });
        Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
    };
    Arc::clone(all.entry(place.to_owned()).or_insert_with(make))
}
