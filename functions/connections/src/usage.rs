//! How much a connection called, hour by hour or day by day.

use axum::Json;
use axum::extract::State;
use domain::connection::Connection;
use domain::id::ConnectionId;
use domain::shelf::Shelf;
use domain::usage::{self, Span, Usage};
use futures_util::future::try_join;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{App, At, Owner, Params, Problem};

/// For as long the counters are kept.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 40);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UsageParams {
    #[serde(default)]
    by: Span,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// Times without a call are left out.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Report {
    by: Span,
    since: Timestamp,
    until: Timestamp,
    data: Vec<Part>,
    total: Usage,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Part {
    start: Timestamp,
    #[serde(flatten)]
    usage: Usage,
}

/// Whole hours or days (UTC): those that `since` and `until` lie in are counted whole.
pub(crate) async fn read(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ConnectionId>,
    Params(wanted): Params<UsageParams>,
) -> Result<Json<Report>, Problem> {
    let (since, until) = wanted.times(app.clock.now())?;
    let connections = Shelf::<Connection>::new(&*app.table, *owner);
    let counted = usage::between(&*app.table, *owner, id, wanted.by, since..until);
    let (_, counted) = try_join(connections.get(id), counted).await?;
    let total = Usage::from(&usage::sum(counted.values()));
    let part = |(start, counters)| Part { start, usage: Usage::from(&counters) };
    let data = counted.into_iter().map(part).collect();
    Ok(Json(Report { by: wanted.by, since, until, data, total }))
}

impl UsageParams {
    fn times(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
        let usual = SignedDuration::from_hours(if self.by == Span::Hour { 24 } else { 24 * 30 });
        let until = self.until.unwrap_or(now);
        let since = self.since.map_or_else(|| until.checked_sub(usual), Ok);
        let since = since.map_err(|_| Problem::invalid("?until", "a later moment is expected"))?;
        if since > until {
            return Err(Problem::invalid("?until", "a moment after `since` is expected"));
        }
        if until.duration_since(since) > LONGEST {
            return Err(Problem::invalid("?since", "at most 40 days before `until` are expected"));
        }
        Ok((since, until))
    }
}
