//! What changed since a moment, oldest first: how a client keeps a copy of what its connection may read.

use crate::call::Call;
use crate::history::MOST_BYTES;
use crate::page::{PageParams, cursor};
use crate::problem::Problem;
use domain::access::{Item as _, Resource, Scope};
use domain::audit::Tip;
use domain::change::{self, By, Change, Seen, Sight};
use domain::history::Line;
use domain::id::{Me, UndoId};
use domain::profile::Profile;
use domain::schema;
use domain::shelf::Entity as _;
use domain::table::Row;
use futures_util::future::{OptionFuture, join};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

pub struct Feed<'a>(pub &'a Call);

const LIST: &str = "changes";

/// How many lines of the feed one call looks at.
const MOST_LINES: usize = 100;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedParams {
    /// `next_cursor` of the answer before; `now` for what happens from now on; without it, all that is kept.
    pub since: Option<String>,
    /// How many changes at most, 1 to 100; 20 if it is absent.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u16>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Changes {
    pub data: Vec<ChangeEntry>,
    /// Where to go on, now or later; it holds for 90 days.
    pub next_cursor: String,
    /// Whether there may be more already.
    pub has_more: bool,
}

/// One change of what the connection may read. Of what was removed nothing but its id is told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangeEntry {
    pub resource: Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub verb: Sight,
    pub at: Timestamp,
    #[serde(flatten)]
    pub now: Option<Now>,
}

/// What there is after a change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Now {
    pub version: u64,
    /// `own` for the connection that asks, `owner`, or which other connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// The undo that it was part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoId>,
    /// The names of the fields that changed.
    pub fields: Vec<String>,
    pub object: Map<String, Value>,
}

struct Lines {
    lines: Vec<(u64, Line)>,
    more: bool,
}

/// Up to which line somebody knows everything, and when that was.
#[derive(Debug, Clone, Copy)]
struct Place {
    number: u64,
    as_of: Timestamp,
}

impl Feed<'_> {
    pub async fn since(&self, params: &FeedParams) -> Result<Changes, Problem> {
        let Self(call) = self;
        let limit = PageParams { limit: params.limit, cursor: None }.limit()?;
        if params.since.as_deref() == Some("now") {
            return self.begin_now().await;
        }
        let place = self.place(params).await?;
        let (scopes, Lines { lines, more }) = call.may_list(self.lines(place.number)).await?;
        if place.as_of + schema::KEPT <= call.at() {
            return Err(past());
        }
        let readable = |line: &Line| scopes.get(change::noun_of(&line.what));
        let wanted = lines.iter().filter_map(|(number, line)| Some((*number, line, readable(line)?)));
        let wanted: Vec<_> = wanted.take(limit).collect();
        let (data, cut) = self.entries(&wanted).await?;
        let full = wanted.last().filter(|_| wanted.len() == limit).map(|(number, ..)| *number);
        let last = cut.or(full).or(lines.last().map(|(number, _)| *number)).unwrap_or(place.number);
        let has_more = more || lines.last().is_some_and(|(number, _)| *number > last);
        let sealed_at = lines.iter().find(|(number, _)| *number == last).map(|(_, line)| line.sealed_at);
        let as_of = if has_more { sealed_at.unwrap_or(place.as_of) } else { call.at() };
        self.answer(data, Place { number: last, as_of }, has_more).await
    }

    /// Nothing is told, only where to begin.
    async fn begin_now(&self) -> Result<Changes, Problem> {
        let Self(call) = self;
        let chain = schema::chain(call.owner());
        let (_, tip) = call.may_list(call.app().table.get(&chain)).await?;
        let number = Tip::of(call.owner(), tip.as_ref())?.fed;
        self.answer(Vec::new(), Place { number, as_of: call.at() }, false).await
    }

    /// Where there is a gap, and what is missing may still come, it ends before that.
    async fn lines(&self, after: u64) -> domain::Result<Lines> {
        let (owner, now) = (self.0.owner(), self.0.at());
        let after_row = Some(schema::feed(owner, after).sort);
        let page = self.0.app().table.query(&schema::feed_of(owner).page(after_row, MOST_LINES)).await?;
        let (mut lines, mut last) = (Vec::new(), after);
        for row in &page.rows {
            let Some((number, line)) = legible(Line::of(row)) else { continue };
            if number != last + 1 && line.may_overtake(now) {
                return Ok(Lines { lines, more: true });
            }
            last = number;
            lines.push((number, line));
        }
        Ok(Lines { lines, more: page.next.is_some() })
    }

    /// What is told of these lines, and up to which line if that is not all of them.
    async fn entries(
        &self,
        wanted: &[(u64, &Line, &Scope<'_>)],
    ) -> domain::Result<(Vec<ChangeEntry>, Option<u64>)> {
        let (table, owner) = (&self.0.app().table, self.0.owner());
        let keys: Vec<_> = wanted.iter().map(|(_, line, _)| line.key(owner)).collect();
        let rows = async { if keys.is_empty() { Ok(Vec::new()) } else { table.get_many(&keys).await } };
        let (shelf, tells_of_profile) =
            (self.0.shelf::<Profile>(), wanted.iter().any(|(_, line, _)| is_profile(line)));
        let profile = OptionFuture::from(tells_of_profile.then(|| shelf.get(Me::Me)));
        let (rows, profile) = join(rows, profile).await;
        let (rows, profile) = (rows?, profile.and_then(Result::ok));
        let hidden = profile.map(|profile| profile.subject().hidden).unwrap_or_default();
        let (mut data, mut bytes) = (Vec::new(), 0);
        for ((number, line, scope), row) in wanted.iter().zip(&rows) {
            let Some(row) = row else { continue };
            // What the owner hides now was never there.
            let scope = if is_profile(line) { scope.hiding(hidden) } else { **scope };
            data.extend(legible(ChangeEntry::of(row, line.version, &scope, self.0.at())).flatten());
            bytes += row.body.len();
            if bytes > MOST_BYTES {
                return Ok((data, Some(*number)));
            }
        }
        Ok((data, None))
    }

    async fn place(&self, params: &FeedParams) -> Result<Place, Problem> {
        let Self(call) = self;
        let page = PageParams { limit: None, cursor: params.since.clone() };
        let wrong = "not a cursor of this list; leave it out to begin with all that is kept, or send `now`";
        let wrong = || Problem::invalid("?since", wrong);
        let read = page
            .place(call.app(), call.owner(), LIST)
            .await
            .map_err(|problem| if problem.status == StatusCode::BAD_REQUEST { wrong() } else { problem })?;
        let Some(text) = read else { return Ok(Place { number: 0, as_of: call.at() }) };
        Place::parse(&text).ok_or_else(wrong)
    }

    async fn answer(&self, data: Vec<ChangeEntry>, known: Place, has_more: bool) -> Result<Changes, Problem> {
        let (place, Self(call)) = (known.to_string(), self);
        let next_cursor = cursor(Some(&place), call.app(), call.owner(), LIST).await?.unwrap_or_default();
        Ok(Changes { data, next_cursor, has_more })
    }
}

impl ChangeEntry {
    fn of(row: &Row, version: u64, scope: &Scope<'_>, now: Timestamp) -> domain::Result<Option<Self>> {
        let change = Change::kept(row)?;
        let Some(seen) = change.seen(scope)? else { return Ok(None) };
        let Seen { mut verb, before, mut after, fields, by, undo } = seen;
        // What has ended since then is not there any more, as it was then or otherwise.
        if change.is_over(now) {
            if before.is_none() {
                return Ok(None);
            }
            (verb, after) = (Sight::Removed, None);
        }
        let id = change.object()?.get("id").and_then(|id| id.as_str().map(str::to_owned));
        let now = after.map(|object| Now { version, by, undo, fields, object });
        Ok(Some(Self { resource: change.resource, id, verb, at: change.at, now }))
    }
}

fn is_profile(line: &Line) -> bool {
    change::noun_of(&line.what) == Profile::NAME
}

/// A change that another version of Larder kept must not hide all others.
fn legible<T>(read: domain::Result<T>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(%error, "a change is left out")).ok()
}

pub(crate) fn past() -> Problem {
    let detail = "This cursor is older than 90 days, and what changed since then is not kept whole. Start afresh: \
                  ask with `since=now`, list everything, and follow from there.";
    Problem::new(StatusCode::GONE, "cursor-expired", "Cursor expired", detail)
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (number, second) = text.split_once(' ')?;
        let as_of = Timestamp::from_second(second.parse().ok()?).ok()?;
        Some(Self { number: number.parse().ok()?, as_of })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.as_of.as_second())
    }
}
