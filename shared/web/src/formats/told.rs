//! What is neither an item nor a page of items, in the form that the caller wants.

use super::accept::Accept;
use super::{document, next, sheet, text, vary};
use crate::call::Call;
use crate::problem::Problem;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use domain::access::fields_of;
use domain::connection::Format;
use http::request::Parts;
use http::{HeaderValue, Uri, header};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::convert::Infallible;

/// How a caller wants to be told.
pub struct Told {
    accept: Accept,
    uri: Uri,
    next: Option<HeaderValue>,
}

impl<S: Send + Sync> FromRequestParts<S> for Told {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { accept: Accept::of(&parts.headers), uri: parts.uri.clone(), next: None })
    }
}

impl Told {
    /// As prose, where there is some.
    pub fn likes_markdown(&self) -> bool {
        self.accept.likes_markdown()
    }

    /// It goes on behind this cursor, which this parameter takes.
    pub fn and_next(self, parameter: &str, cursor: Option<&str>) -> Result<Self, Problem> {
        let next = cursor.map(|cursor| next(&self.uri, parameter, cursor)).transpose()?;
        Ok(Self { next, ..self })
    }

    pub async fn of<T: Serialize>(self, call: &Call, name: &str, what: &T) -> Result<Response, Problem> {
        let form = self.accept.best(call.admission().await?.face.response_format())?;
        let mut answer = told(form, name, what)?;
        answer.headers_mut().extend(self.next.map(|next| (header::LINK, next)));
        Ok(answer)
    }
}

pub(super) fn told<T: Serialize>(form: Format, name: &str, what: &T) -> domain::Result<Response> {
    let mut answer = match form {
        Format::Json => Json(what).into_response(),
        Format::Csv => text(form, table(fields_of(what)?)).into_response(),
        Format::Xml => text(form, document(name, fields_of(what)?)).into_response(),
    };
    answer.headers_mut().extend([vary()]);
    Ok(answer)
}

/// A line for each of its `data`, or one for all of it; a column for each field that any line has.
pub(super) fn table(mut fields: Map<String, Value>) -> String {
    let lines: Vec<_> = match fields.remove("data") {
        Some(Value::Array(lines)) => lines.into_iter().map(flat).collect(),
        _ => vec![flat(Value::Object(fields))],
    };
    let columns: BTreeSet<_> = lines.iter().flat_map(Map::keys).map(String::as_str).collect();
    sheet(&columns.into_iter().collect::<Vec<_>>(), &lines)
}

/// What lies one level down has a column of its own, such as `item.title`.
fn flat(line: Value) -> Map<String, Value> {
    let Value::Object(fields) = line else { return Map::new() };
    let one = |(name, value)| match value {
        Value::Object(inner) if !inner.is_empty() => {
            inner.into_iter().map(|(field, value)| (format!("{name}.{field}"), value)).collect()
        }
        value => vec![(name, value)],
    };
    fields.into_iter().flat_map(one).collect()
}
