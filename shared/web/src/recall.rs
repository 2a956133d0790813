//! Memories that answer a question, of those that a connection may read.

mod kept;

pub(crate) use kept::Kept;

use crate::body::Sent;
use crate::call::Call;
use crate::problem::Problem;
use domain::access::{Item as _, Scope, Shown};
use domain::id::MemoryId;
use domain::memory::{Memory, Question, is_found};
use domain::operation::SEARCH_MEMORIES;
use domain::search::{Facts, Queries, Ranked, Why, search};
use domain::shelf::Entity as _;
use domain::table::Row;
use domain::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

pub struct Recall<'a>(pub &'a Call);

/// What was found, best first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recalled {
    pub data: Vec<Hit>,
    /// There are older memories that were not looked through.
    pub partial: bool,
}

/// A memory that was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hit {
    /// How well it answers: 1 at most, a little more if it is important.
    pub score: f64,
    /// What it has in common with what was asked.
    pub why: Why,
    /// The memory that is to be read instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<MemoryId>,
    pub memory: Shown<Memory>,
}

/// The memories that were found, and those that supersede them.
type Found = BTreeMap<MemoryId, Memory>;

impl Recall<'_> {
    /// Every entry is compared; what was found is looked at again itself, which is one more trip.
    pub async fn search(&self, question: Sent<Question>) -> Result<Recalled, Problem> {
        let Self(call) = self;
        let app = call.app();
        let (reads, parts) = call.may(&SEARCH_MEMORIES, app.entries.of(&*app.table, call.owner())).await?;
        let hidden = |name: &&String| Question::looks_at(name).iter().any(|field| !reads.shows(field));
        if let Some(name) = question.names().iter().find(hidden) {
            return Err(Problem::invalid(format!("/{name}"), format!("unknown field `{name}`")));
        }
        let question = question.read()?;
        let queries = question.queries();
        let entries = parts.iter().map(|part| &part.entries);
        let is_seen = |facts: &Facts<'_>| is_found(facts, &reads, call.at());
        let is_asked = |facts: &Facts<'_>| question.asks_for(facts);
        let mut ranked = search(entries, &queries, is_seen, is_asked, call.at());
        ranked.truncate(question.limit());
        let found = self.found(&ranked).await?;
        let hits =
            ranked.iter().filter_map(|ranked| hit(&question, &queries, ranked, &found, &reads).transpose());
        let partial = parts.iter().any(|part| part.more);
        Ok(Recalled { data: hits.collect::<Result<_>>()?, partial })
    }

    async fn found(&self, ranked: &[Ranked<MemoryId>]) -> Result<Found> {
        let Self(call) = self;
        let ids = ranked.iter().flat_map(|ranked| [Some(ranked.id), ranked.superseded_by]).flatten();
        let keys: Vec<_> = ids.map(|id| Memory::key(call.owner(), id)).collect();
        if keys.is_empty() {
            return Ok(Found::new());
        }
        let rows = call.app().table.get_many(&keys).await?;
        Ok(rows.iter().flatten().filter_map(legible).map(|memory| (memory.id, memory)).collect())
    }
}

/// A row that another version of Larder wrote must not hide all others.
fn legible(row: &Row) -> Option<Memory> {
    let read = serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error));
    read.inspect_err(|error| tracing::error!(%error, "a row is left out")).ok()
}

/// `None` if it is not there any more, or not for this caller: its entry tells less than itself.
fn hit(
    question: &Question,
    queries: &Queries,
    ranked: &Ranked<MemoryId>,
    found: &Found,
    reads: &Scope<'_>,
) -> Result<Option<Hit>> {
    let seen = |id| found.get(&id).filter(|memory| memory.is_found_by(reads));
    let Some(memory) = seen(ranked.id).filter(|memory| question.is_about(&memory.subject())) else {
        return Ok(None);
    };
    let instead = ranked.superseded_by.and_then(seen).filter(|other| other.supersedes == Some(memory.id));
    let why = memory.why(queries, ranked.by);
    let score = (f64::from(ranked.score) * 1000.0).round() / 1000.0;
    let shown = Shown::of(memory.clone(), reads)?;
    Ok(shown.map(|memory| Hit { score, why, superseded_by: instead.map(|other| other.id), memory }))
}
