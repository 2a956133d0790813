//! Looking through a list, with the eyes of a caller.

use super::Analytics;
use crate::problem::Problem;
use domain::access::{Scope, Shown};
use domain::list::List;
use domain::noun::Noun;
use domain::table::Row;
use domain::{Error, Result};
use futures_util::future::join;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How many items of each list are looked through.
const MOST_ITEMS: usize = 5_000;
const ITEMS_IN_A_READ: usize = 1_000;

/// The items of a list, as the caller sees them.
pub(super) struct Sight<S> {
    pub(super) items: Vec<S>,
    /// There is more than was looked through.
    pub(super) at_least: bool,
}

impl<S> Default for Sight<S> {
    fn default() -> Self {
        Self { items: Vec::new(), at_least: false }
    }
}

impl Analytics<'_> {
    /// The inner error says why the caller may not.
    pub(super) async fn look<T: Noun, S: DeserializeOwned>(
        &self,
        list: List,
    ) -> Result<Result<Sight<S>>, Problem> {
        let Self(call) = self;
        let table = &*call.app().table;
        let (admitted, read) = join(call.admission(), list.page(table, None, ITEMS_IN_A_READ)).await;
        let scope = match admitted?.allows(&T::DOES.list, call.at()) {
            Ok(scope) => scope,
            Err(error) => return Ok(Err(error)),
        };
        let (mut items, mut page, mut looked) = (Vec::new(), read?, 0);
        loop {
            looked += page.rows.len();
            let seen = page.rows.iter().filter_map(|row| {
                // A row that another version of Larder wrote must not hide all others.
                let seen = seen::<T, S>(row, &scope);
                seen.inspect_err(|error| tracing::error!(%error, "a row is left out")).ok().flatten()
            });
            items.extend(seen);
            if page.next.is_none() || looked >= MOST_ITEMS {
                return Ok(Ok(Sight { items, at_least: page.next.is_some() }));
            }
            page = list.page(table, page.next.as_deref(), ITEMS_IN_A_READ).await?;
        }
    }
}

/// `None` if the item is not there for this caller.
fn seen<T: Noun, S: DeserializeOwned>(row: &Row, scope: &Scope<'_>) -> Result<Option<S>> {
    let unreadable = |error: serde_json::Error| Error::unreadable(&row.key, &error);
    if scope.is_whole() {
        return serde_json::from_str(&row.body).map(Some).map_err(unreadable);
    }
    let item: T = serde_json::from_str(&row.body).map_err(unreadable)?;
    let Some(shown) = Shown::of(item, scope)? else { return Ok(None) };
    serde_json::from_value(Value::Object(shown.fields()?)).map(Some).map_err(unreadable)
}
