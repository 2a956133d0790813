//! What was written, in the form that its writer wants. It is kept as JSON: whoever sends the same again may want
//! another form.

use super::accept::Accept;
use super::told::{table, told};
use super::{columns, document, sheet, tag, text, vary};
use crate::call::Call;
use crate::idempotency::{Answer, Answered};
use crate::nouns::{Batch, Written};
use crate::precondition;
use crate::prefer::{APPLIED, MINIMAL, is_minimal};
use crate::problem::Problem;
use crate::select::Selected;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use domain::connection::Format;
use domain::noun::Rules;
use http::request::Parts;
use http::{StatusCode, header};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// How a writer wants to be answered.
#[derive(Clone, Copy)]
pub struct Reply {
    accept: Accept,
    /// It does without what it wrote.
    is_minimal: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Reply {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let accept = Accept::of(&parts.headers);
        // Once it is written, it is too late to refuse.
        accept.best(Format::Json)?;
        Ok(Self { accept, is_minimal: is_minimal(&parts.headers) })
    }
}

impl Reply {
    /// For what may be new, and lies at this path.
    pub fn made<T: Rules>(self, made: &Written<T>, path: &str) -> domain::Result<Answer> {
        let status = if made.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok(self.of(status, status, made)?.with(header::LOCATION, path))
    }

    pub fn changed<T: Rules>(self, changed: &Written<T>) -> domain::Result<Answer> {
        self.of(StatusCode::OK, StatusCode::NO_CONTENT, changed)
    }

    fn of<T: Rules>(
        self,
        status: StatusCode,
        of_nothing: StatusCode,
        written: &Written<T>,
    ) -> domain::Result<Answer> {
        let answer = match self.is_minimal {
            true => Answer::empty(of_nothing).with(APPLIED, MINIMAL),
            false => Answer::json(status, written)?,
        };
        Ok(answer.with(header::ETAG, precondition::tag(written.version)))
    }

    pub async fn give<T: Rules>(self, call: &Call, answered: Answered) -> Result<Response, Problem> {
        let form = self.form(call).await?;
        let columns = match form {
            Format::Csv => columns::<T>(&Selected::everything(), call).await?,
            _ => Vec::new(),
        };
        in_form(form, answered, |fields| match form {
            Format::Xml => document(T::NAME, fields),
            _ => sheet(&columns, &[fields]),
        })
    }

    /// The same of what is no item.
    pub async fn tell(self, call: &Call, name: &str, answered: Answered) -> Result<Response, Problem> {
        let form = self.form(call).await?;
        in_form(form, answered, |fields| match form {
            Format::Xml => document(name, fields),
            _ => table(fields),
        })
    }

    pub async fn batch(self, call: &Call, batch: Batch<Box<RawValue>>) -> Result<Response, Problem> {
        let mut response = told(self.form(call).await?, "batch", &batch)?;
        *response.status_mut() = batch.status();
        response.headers_mut().extend(batch.replayed());
        Ok(response)
    }

    async fn form(self, call: &Call) -> Result<Format, Problem> {
        self.accept.best(call.admission().await?.face.response_format())
    }
}

fn in_form(
    form: Format,
    answered: Answered,
    written: impl FnOnce(Map<String, Value>) -> String,
) -> Result<Response, Problem> {
    let fields = if form == Format::Json { None } else { answered.answer.fields()? };
    let mut response = answered.into_response();
    response.headers_mut().extend([vary()]);
    let Some(fields) = fields else { return Ok(response) };
    let version = fields.get("version").and_then(Value::as_u64);
    let (head, body) = text(form, written(fields)).into_response().into_parts();
    let headers = response.headers_mut();
    headers.extend(head.headers);
    if let Some(version) = version.filter(|_| headers.contains_key(header::ETAG)) {
        headers.insert(header::ETAG, tag(form, version));
    }
    *response.body_mut() = body;
    Ok(response)
}
