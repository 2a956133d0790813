//! What is read, in the form that the caller wants: JSON, CSV or XML, all of it or some fields, or nothing if it has
//! it already. A page as JSON, which is what most ask for, is written straight from the items.

mod accept;
mod reply;
mod told;
mod xml;

pub(crate) use accept::not_acceptable;
pub use reply::Reply;
pub use told::Told;

use crate::call::Call;
use crate::page::Page;
use crate::precondition::Known;
use crate::problem::Problem;
use crate::select::Selected;
use accept::{Accept, media};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use domain::access::{ALWAYS, Action, Shown};
use domain::connection::Format;
use domain::csv;
use domain::noun::Rules;
use http::request::Parts;
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// How a caller wants what it reads.
pub struct Wanted {
    accept: Accept,
    selected: Selected,
    known: Known,
    /// What was asked for, without the key.
    uri: Uri,
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let uri = parts.uri.clone();
        let selected = Selected::taken_out_of(&mut parts.uri)?;
        let accept = Accept::of(&parts.headers);
        Ok(Self { accept, selected, known: Known::of(&parts.headers), uri })
    }
}

impl Wanted {
    pub async fn item<T: Rules>(
        self,
        call: &Call,
        item: Shown<T>,
        version: u64,
    ) -> Result<Response, Problem> {
        let form = self.accept.best(call.admission().await?.face.response_format())?;
        let tag = tag(form, version);
        let selected = self.selected.settled::<T>(call).await?;
        if self.known.has(&tag) {
            return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag), vary()]).into_response());
        }
        let head = [(header::ETAG, tag), vary()];
        let item = selected.of(item)?;
        Ok(match form {
            Format::Json => (head, Json(item)).into_response(),
            Format::Csv => (head, text(form, table::<T>([item], &selected, call).await?)).into_response(),
            Format::Xml => (head, text(form, document(T::NAME, item.fields()?))).into_response(),
        })
    }

    pub async fn page<T: Rules>(self, call: &Call, page: Page<Shown<T>>) -> Result<Response, Problem> {
        let form = self.accept.best(call.admission().await?.face.response_format())?;
        let selected = self.selected.settled::<T>(call).await?;
        let next = page.next_cursor.as_deref().map(|cursor| next(&self.uri, "cursor", cursor)).transpose()?;
        let mut answer = match form {
            Format::Json if selected.is_everything() => Json(page).into_response(),
            Format::Json => {
                let data: Result<_, _> = page.data.into_iter().map(|item| selected.of(item)).collect();
                Json(Page { data: data?, next_cursor: page.next_cursor }).into_response()
            }
            Format::Csv => text(form, table::<T>(page.data, &selected, call).await?).into_response(),
            Format::Xml => text(form, list::<T>(page.data, &selected)?).into_response(),
        };
        let headers = answer.headers_mut();
        headers.extend([vary()]);
        headers.extend(next.map(|next| (header::LINK, next)));
        Ok(answer)
    }
}

/// Each form of a version is another answer; the version alone guards a change, whichever form was read.
fn tag(form: Format, version: u64) -> HeaderValue {
    let tag = match form {
        Format::Json => format!("\"{version}\""),
        Format::Csv => format!("\"{version}-csv\""),
        Format::Xml => format!("\"{version}-xml\""),
    };
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

const fn vary() -> (header::HeaderName, HeaderValue) {
    (header::VARY, HeaderValue::from_static("Accept"))
}

fn text(form: Format, text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, format!("{}; charset=utf-8", media(form)))], text)
}

/// Where the next page lies, for those who do not look into the answer.
fn next(uri: &Uri, parameter: &str, cursor: &str) -> Result<HeaderValue, Problem> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let pairs = pairs.filter(|(name, _)| name != parameter);
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(pairs).append_pair(parameter, cursor).finish();
    HeaderValue::try_from(format!("<{}?{query}>; rel=\"next\"", uri.path())).map_err(Problem::internal)
}

async fn table<T: Rules>(
    items: impl IntoIterator<Item = Shown<T>>,
    selected: &Selected,
    call: &Call,
) -> Result<String, Problem> {
    let lines = items.into_iter().map(Shown::fields).collect::<domain::Result<Vec<_>>>()?;
    Ok(sheet(&columns::<T>(selected, call).await?, &lines))
}

/// One for each field that the caller can see of any item, in the order in which they are declared.
async fn columns<T: Rules>(selected: &Selected, call: &Call) -> Result<Vec<&'static str>, Problem> {
    let scope = call.scope(Action::Read, T::RESOURCE).await?.ok();
    let shows = |field: &&str| scope.as_ref().is_some_and(|scope| scope.shows(field)) && selected.has(field);
    let [first, last] = ALWAYS;
    Ok([first].into_iter().chain(T::FIELDS.iter().copied().filter(shows)).chain([last]).collect())
}

/// A head, and a cell of each line for each column.
fn sheet(columns: &[&str], lines: &[Map<String, Value>]) -> String {
    let mut out = csv::line(columns.iter().copied());
    for line in lines {
        let cells: Vec<_> = columns.iter().map(|column| cell(line, column)).collect();
        out.push_str(&csv::line(cells.iter().map(AsRef::as_ref)));
    }
    out
}

fn cell<'a>(fields: &'a Map<String, Value>, column: &str) -> Cow<'a, str> {
    match fields.get(column) {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

fn list<T: Rules>(items: Vec<Shown<T>>, selected: &Selected) -> Result<String, Problem> {
    let root = T::DOES.list.path.rsplit('/').next().unwrap_or("items");
    let mut out = xml::HEAD.to_owned();
    xml::open(&mut out, root, None);
    for item in items {
        xml::element(&mut out, T::NAME, &Value::Object(selected.of(item)?.fields()?));
    }
    xml::close(&mut out, root);
    Ok(out)
}

fn document(name: &str, fields: Map<String, Value>) -> String {
    let mut out = xml::HEAD.to_owned();
    xml::element(&mut out, name, &Value::Object(fields));
    out
}
