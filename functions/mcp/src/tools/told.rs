//! The tools that tell of all that there is.

use super::one::Nothing;
use super::{Entry, fit};
use crate::output;
use crate::parts::{answer, fitting, limited};
use domain::analytics::Progress;
use domain::operation::{ANALYZE_PROGRESS, LIST_TRASH, QUERY_USER_STATS};
use rmcp::model::JsonObject;
use schemars::schema_for;
use serde_json::value::RawValue;
use web::{Analytics, Call, Deleted, Page, Problem, ProgressParams, Stats, Trash, TrashParams};

pub(super) fn of() -> [Entry; 3] {
    [
        Entry::new(
            &QUERY_USER_STATS,
            "How many items there are of each kind, by what tells them apart, of those that you may list.".to_owned(),
            schema_for!(Nothing),
            output::of::<Stats>(),
            |call, arguments| Box::pin(stats(call, arguments)),
        ),
        Entry::new(
            &ANALYZE_PROGRESS,
            "What was completed in a period, by day and life area, beside the period before; streaks, and how good the \
             estimates were."
                .to_owned(),
            schema_for!(ProgressParams),
            output::of::<Progress>(),
            |call, arguments| Box::pin(progress(call, arguments)),
        ),
        Entry::new(
            &LIST_TRASH,
            "What was deleted in the last 30 days and can be restored, the latest first.".to_owned(),
            schema_for!(TrashParams),
            output::of::<Page<Deleted>>(),
            |call, arguments| Box::pin(trash(call, arguments)),
        ),
    ]
}

async fn stats(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    let Nothing {} = fit(arguments)?;
    answer(&Analytics(call).stats().await?)
}

async fn progress(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    answer(&Analytics(call).progress(fit(arguments)?).await?)
}

async fn trash(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    fitting(|most| {
        let asked = limited(&arguments, most);
        async move {
            let deleted = Trash(call).list(fit(asked)?).await?;
            Ok((answer(&deleted)?, deleted.data.len()))
        }
    })
    .await
}
