//! Lists that are looked through: what a filter makes of rows, page by page.

use crate::Result;
use crate::list::List;
use crate::table::{Page, Query, Row, Table};
use serde::Serialize;

/// How many rows one page may cost, so that a filter that hardly anything passes ends too.
const MOST_ROWS: usize = 1_000;
const ROWS_IN_A_READ: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// Where to go on: a page may hold fewer than asked for, or nothing, and still have a next one.
    pub next: Option<String>,
    /// Where it ends, if it holds as many as asked for.
    end: Option<String>,
}

impl<T> Listing<T> {
    /// For whom something may be hidden: there is a next page behind every full one, because whether there is would tell
    /// of what was left out.
    pub fn discreet(self) -> Self {
        Self { next: self.next.or_else(|| self.end.clone()), ..self }
    }
}

/// What `keep` makes of rows, until there are `limit` of them.
pub async fn sift<T>(
    table: &dyn Table,
    all: Query,
    after: Option<String>,
    limit: usize,
    keep: impl Fn(&Row) -> Result<Option<T>>,
) -> Result<Listing<T>> {
    let all = List::from(all);
    let first = all.page(table, after.as_deref(), ROWS_IN_A_READ).await?;
    sift_on(table, &all, first, limit, keep).await
}

/// The same, where the first page was read before it was known what is kept.
pub async fn sift_on<T>(
    table: &dyn Table,
    all: &List,
    first: Page,
    limit: usize,
    keep: impl Fn(&Row) -> Result<Option<T>>,
) -> Result<Listing<T>> {
    // A row that another version of Larder wrote must not hide all others.
    let readable = |row: &Row| {
        keep(row).inspect_err(|error| tracing::error!(%error, "a row is left out")).ok().flatten()
    };
    let (mut items, mut page, mut read) = (Vec::new(), first, 0);
    loop {
        read += page.rows.len();
        let mut rows = page.rows.iter();
        while let Some(row) = rows.next() {
            items.extend(readable(row));
            if items.len() == limit {
                let (more, end) = (rows.len() > 0 || page.next.is_some(), all.position(row));
                return Ok(Listing { items, next: more.then(|| end.clone()), end: Some(end) });
            }
        }
        if page.next.is_none() || read >= MOST_ROWS {
            return Ok(Listing { items, next: page.next, end: None });
        }
        page = all.page(table, page.next.as_deref(), ROWS_IN_A_READ).await?;
    }
}
