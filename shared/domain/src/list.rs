//! What a list reads: one range of an owner's rows, or several that are told as one.

use crate::Result;
use crate::table::{Page, Query, Row, Table};
use futures_util::future::try_join_all;

/// Ranges that are sorted alike behind what each begins with. They are read side by side, so that tasks of three
/// statuses cost one trip, as those of one do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List(Vec<Range>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    /// What positions of the list leave away.
    begins: String,
    query: Query,
}

impl List {
    /// Everything that begins as these queries do, all of them in the same direction.
    pub fn of(queries: impl IntoIterator<Item = Query>) -> Self {
        let range = |query: Query| Range { begins: query.range.start.clone(), query };
        Self(queries.into_iter().map(range).collect())
    }

    /// What lies, behind the beginning of each, from here on and before that.
    #[must_use]
    pub fn between(mut self, from: &str, until: Option<&str>) -> Self {
        for Range { begins, query } in &mut self.0 {
            query.range.start.push_str(from);
            if let Some(until) = until {
                query.range.end = format!("{begins}{until}");
            }
        }
        self
    }

    #[must_use]
    pub fn newest_first(mut self) -> Self {
        for range in &mut self.0 {
            range.query.newest_first = true;
        }
        self
    }

    pub async fn page(&self, table: &dyn Table, after: Option<&str>, limit: usize) -> Result<Page> {
        if let [range] = self.0.as_slice() {
            // One range is in order as it is.
            let Page { rows, next } = table.query(&range.page(after, limit)).await?;
            return Ok(Page { rows, next: next.map(|next| range.inner(&next)) });
        }
        let queries: Vec<_> = self.0.iter().map(|range| range.page(after, limit)).collect();
        let pages = try_join_all(queries.iter().map(|query| table.query(query))).await?;
        let newest_first = self.is_newest_first();
        let ordered =
            |one: &String, other: &String| if newest_first { other.cmp(one) } else { one.cmp(other) };
        // Behind where the first of them broke off, nobody knows what else lies there.
        let ends =
            pages.iter().zip(&self.0).filter_map(|(page, range)| Some(range.inner(page.next.as_ref()?)));
        let mut next = ends.min_by(ordered);
        let rows = pages.into_iter().zip(&self.0);
        let rows =
            rows.flat_map(|(page, range)| page.rows.into_iter().map(|row| (range.position(&row), row)));
        let known = |at: &String| next.as_ref().is_none_or(|next| ordered(at, next).is_le());
        let mut rows: Vec<_> = rows.filter(|(at, _)| known(at)).collect();
        rows.sort_by(|(one, _), (other, _)| ordered(one, other));
        if rows.len() > limit {
            rows.truncate(limit);
            next = rows.last().map(|(at, _)| at.clone());
        }
        Ok(Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next })
    }

    /// Where to go on behind this row of the list. It stays right when the row moves or goes.
    pub fn position(&self, row: &Row) -> String {
        let range = self.0.iter().find(|range| range.holds(row)).or_else(|| self.0.first());
        range.map(|range| range.position(row)).unwrap_or_default()
    }

    fn is_newest_first(&self) -> bool {
        self.0.iter().any(|range| range.query.newest_first)
    }
}

impl From<Query> for List {
    fn from(query: Query) -> Self {
        Self(vec![Range { begins: String::new(), query }])
    }
}

impl Range {
    fn page(&self, after: Option<&str>, limit: usize) -> Query {
        let after = after.map(|after| format!("{}{after}", self.begins));
        self.query.clone().page(after, limit)
    }

    fn position(&self, row: &Row) -> String {
        self.inner(&self.query.position(row))
    }

    /// What is left of a position without what all of them begin with.
    fn inner(&self, position: &str) -> String {
        position.strip_prefix(&self.begins).unwrap_or(position).to_owned()
    }

    fn holds(&self, row: &Row) -> bool {
        self.query.position(row).starts_with(&self.begins)
    }
}
