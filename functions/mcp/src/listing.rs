//! The lists of what there is, in pages: each entry by its name, in the order in which it stands in the code.

use rmcp::model::{ErrorData, PaginatedRequestParams};

/// More than there is of anything: clients that do not turn pages see it all.
const PAGE: usize = 200;

/// The entries behind the one that the cursor names, and the cursor of the next page.
pub(crate) fn page<T>(
    all: impl Iterator<Item = T>,
    name: impl Fn(&T) -> &str,
    asked: Option<PaginatedRequestParams>,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let mut rest = all.peekable();
    if let Some(cursor) = asked.and_then(|asked| asked.cursor) {
        let stale = || ErrorData::invalid_params("not a cursor of this list; start without one", None);
        rest.find(|entry| name(entry) == cursor).ok_or_else(stale)?;
    }
    let entries: Vec<T> = rest.by_ref().take(PAGE).collect();
    let next = rest.peek().and_then(|_| entries.last()).map(|last| name(last).to_owned());
    Ok((entries, next))
}
