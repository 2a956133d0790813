//! Parameters of a form or a query. None may be given twice: who reads the first and who reads the last would not agree.

use crate::refused::Refused;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use http::{HeaderMap, header};
use std::collections::BTreeMap;

/// More is no form of ours.
const MOST_BYTES: usize = 16 * 1024;

pub(crate) struct Form(BTreeMap<String, String>);

pub(crate) struct Repeated;

impl Form {
    pub(crate) fn read(text: &[u8]) -> Result<Self, Repeated> {
        let mut all = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text).into_owned() {
            if all.contains_key(&name) {
                return Err(Repeated);
            }
            all.insert(name, value);
        }
        Ok(Self(all))
    }

    pub(crate) fn of(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Self, Refused> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refused::request("a form is expected: application/x-www-form-urlencoded"));
        }
        let Some(body) = body.ok().filter(|body| body.len() <= MOST_BYTES) else {
            return Err(Refused::request("the form is too long, or did not come whole"));
        };
        Self::read(&body).map_err(|Repeated| Refused::request("a parameter is given twice"))
    }

    /// What is empty is not given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn need(&self, name: &str) -> Result<&str, Refused> {
        self.get(name).ok_or_else(|| Refused::request(format!("`{name}` is missing")))
    }
}
