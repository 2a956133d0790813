//! Answers that are put together of several, and that must not become too long for who reads them.

use domain::access::Shown;
use domain::noun::Rules;
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use web::{Asked, Call, Nouns, Page, Problem};

/// About 12,000 tokens; clients take 25,000, and a text copy counts, too. One item alone is never cut.
pub(crate) const MOST_BYTES: usize = 48_000;

pub(crate) type Part<'a> = (&'static str, BoxFuture<'a, Result<Value, Problem>>);

pub(crate) fn answer(value: &impl Serialize) -> Result<Box<RawValue>, Problem> {
    to_raw_value(value).map_err(Problem::internal)
}

pub(crate) fn value(of: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(of).map_err(Problem::internal)
}

/// Those parts that the caller may see, read beside one another.
pub(crate) async fn allowed(parts: Vec<Part<'_>>) -> Result<Map<String, Value>, Problem> {
    let (names, parts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let mut all = Map::new();
    for (name, part) in names.into_iter().zip(join_all(parts).await) {
        match part {
            Ok(part) => drop(all.insert(name.to_owned(), part)),
            Err(problem) if problem.status.is_server_error() => return Err(problem),
            Err(_) => {}
        }
    }
    Ok(all)
}

pub(crate) async fn page<T: Rules>(
    call: &Call,
    asked: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Page<Shown<T>>, Problem> {
    let asked = asked.into_iter().map(|(name, value)| (name.to_owned(), value));
    Nouns::<T>::of(call).list(&Asked::of(asked.collect())?).await
}

/// The same, asked for so many at most.
pub(crate) fn limited(asked: &Map<String, Value>, most: Option<usize>) -> Map<String, Value> {
    let mut asked = asked.clone();
    asked.extend(most.map(|most| ("limit".to_owned(), most.into())));
    asked
}

/// What is asked for, with how many items it has; where it is too long, it is asked for again with so many at most.
pub(crate) async fn fitting<F>(ask: impl Fn(Option<usize>) -> F) -> Result<Box<RawValue>, Problem>
where
    F: Future<Output = Result<(Box<RawValue>, usize), Problem>>,
{
    let mut most = None;
    loop {
        let (said, count) = ask(most).await?;
        let bytes = said.get().len();
        if bytes <= MOST_BYTES || count <= 1 {
            return Ok(said);
        }
        most = Some((count * MOST_BYTES / bytes).clamp(1, count - 1));
    }
}
