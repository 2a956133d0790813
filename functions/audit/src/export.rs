//! The sealed log as a file, oldest first, read and sent page by page.

mod progress;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::audit::{End, Entry, Outcome};
use domain::id::OwnerId;
use domain::{Error, Result};
use futures_util::stream::{self, StreamExt as _};
use http::{StatusCode, header};
use progress::Progress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{App, Owner, PageParams, Problem, Witness};

/// How an export leaves: in one go, or, where an answer may not be long, in parts of which each links to the next.
/// Parts are the same file, cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    Whole,
    InParts,
}

/// A Lambda's answer may hold 6 MB, and a page comes on top.
const PART_BYTES: usize = 4_000_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Format {
    #[default]
    Jsonl,
    Csv,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WantedExport")]
pub(crate) struct Wanted {
    #[serde(default)]
    format: Format,
    /// Leads to the next part; the `Link` of the part before has it.
    cursor: Option<String>,
}

/// What an export is compared with, wherever it was kept meanwhile.
pub(crate) async fn head(State(app): State<App>, owner: Owner) -> Result<Json<End>, Problem> {
    let end = Progress::end(&*app.table, *owner, app.clock.now()).await;
    Ok(Json(end.map_err(explained)?))
}

pub(crate) async fn export(
    export: Export,
    app: App,
    owner: Owner,
    witness: Witness,
    Wanted { format, cursor }: Wanted,
) -> Result<Response, Problem> {
    let list = format.list();
    let place = PageParams { limit: None, cursor }.place(&app, *owner, list).await?;
    let begins = place.is_none();
    let mut progress: Progress = match place {
        Some(place) => serde_json::from_str(&place).map_err(Problem::internal)?,
        None => Progress::begin(&*app.table, *owner, format, app.clock.now()).await.map_err(explained)?,
    };
    // What fails at the first page is still a problem like any other.
    let mut text = progress.page(&*app.table, *owner).await?;
    if begins {
        let entry = witness.entry("audit.exported", Outcome::Done);
        witness.saw(*owner, Entry { reason: Some(progress.said()), ..entry }).await;
    }
    if export == Export::Whole {
        let first = stream::once(async { Ok(text) });
        let body = Body::from_stream(first.chain(pages(app, *owner, progress)));
        return Ok((format.headers(), body).into_response());
    }
    while text.len() < PART_BYTES && !progress.is_over {
        text.push_str(&progress.page(&*app.table, *owner).await?);
    }
    let mut answer = (format.headers(), text).into_response();
    let left = (!progress.is_over).then(|| serde_json::to_string(&progress));
    let left = left.transpose().map_err(Problem::internal)?;
    if let Some(cursor) = web::cursor(left.as_deref(), &app, *owner, list).await? {
        let next = format!("</audit/export?format={}&cursor={cursor}>; rel=\"next\"", format.name());
        answer.headers_mut().insert(header::LINK, next.parse().map_err(Problem::internal)?);
    }
    Ok(answer)
}

/// That its chain's end cannot be read is for the owner to mend.
fn explained(error: Error) -> Problem {
    let detail = "Where the sealed log ends was written in a way that this version of Larder cannot read. Start the \
                  newest version that ran on this data, or go back to a backup of it. Until then what happens is still \
                  noted and listed, but not sealed.";
    let title = "The sealed audit log cannot be read";
    match error {
        Error::Unreadable { .. } => {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "audit-log-unreadable", title, detail)
                .because(error)
        }
        other => other.into(),
    }
}

fn pages(app: App, owner: OwnerId, progress: Progress) -> impl stream::Stream<Item = Result<String>> {
    stream::try_unfold((app, progress), move |(app, mut progress)| async move {
        if progress.is_over {
            return Ok(None);
        }
        let text = progress.page(&*app.table, owner).await?;
        Ok(Some((text, (app, progress))))
    })
}

impl Format {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// What a cursor is good for.
    const fn list(self) -> &'static str {
        match self {
            Self::Jsonl => "audit export jsonl",
            Self::Csv => "audit export csv",
        }
    }

    fn headers(self) -> [(header::HeaderName, String); 2] {
        let kind = match self {
            Self::Jsonl => "application/jsonl; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        };
        let file = format!("attachment; filename=\"larder-audit.{}\"", self.name());
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, file)]
    }
}
