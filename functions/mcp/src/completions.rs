//! What could be meant by what was typed so far. Of what is unknown or not allowed there is nothing to say.

use crate::parts::page;
use crate::prompts::{self, DAILY_PLANNING, DECOMPOSE_GOAL};
use crate::resources::{self, DAILY, GOAL, MEMORY, RECORD};
use domain::access::Shown;
use domain::collection::Collection;
use domain::goal::Goal;
use domain::memory::Memory;
use domain::noun::Rules;
use domain::record::Record;
use jiff::ToSpan as _;
use rmcp::model::{ArgumentInfo, CompleteRequestParams, CompletionInfo, Reference};
use serde_json::{Map, Value, json};
use web::{Analytics, Asked, Call, Nouns, Page, Problem, Within};

/// What is completed.
enum Completed {
    Goals,
    Memories,
    Collections,
    Records,
    Days,
}

pub(crate) async fn complete(call: &Call, asked: CompleteRequestParams) -> Result<CompletionInfo, Problem> {
    let connection = call.admission().await?;
    let known = match &asked.r#ref {
        Reference::Prompt(prompt) => {
            prompts::named(&prompt.name, connection, call.at()).map(|kind| kind.name)
        }
        Reference::Resource(resource) => {
            let kind = resources::of_template(&resource.uri);
            kind.filter(|kind| kind.is_for(connection, call.at())).map(|kind| kind.uri)
        }
        _ => None,
    };
    let ArgumentInfo { name, value, .. } = &asked.argument;
    let Some(completed) = known.and_then(|known| Completed::of(known, name)) else {
        return Ok(CompletionInfo::default());
    };
    let within = asked.context.and_then(|context| context.arguments?.remove("name"));
    match completed.values(call, value, within).await {
        Err(problem) if !problem.status.is_server_error() => Ok(CompletionInfo::default()),
        values => values,
    }
}

impl Completed {
    fn of(reference: &str, argument: &str) -> Option<Self> {
        let all = [
            (DECOMPOSE_GOAL.name, "goal_id", Self::Goals),
            (GOAL.uri, "id", Self::Goals),
            (MEMORY.uri, "id", Self::Memories),
            (RECORD.uri, "name", Self::Collections),
            (RECORD.uri, "id", Self::Records),
            (DAILY_PLANNING.name, "date", Self::Days),
            (DAILY.uri, "date", Self::Days),
        ];
        let mut of = all.into_iter().filter(|(of, name, _)| *of == reference && *name == argument);
        of.next().map(|(.., completed)| completed)
    }

    async fn values(
        self,
        call: &Call,
        typed: &str,
        within: Option<String>,
    ) -> Result<CompletionInfo, Problem> {
        let all = [("limit", json!(CompletionInfo::MAX_VALUES))];
        match self {
            // By a word of the title, unless it is an id already.
            Self::Goals if !typed.is_empty() && !typed.starts_with("goal_") => {
                let [limit] = all;
                found(page::<Goal>(call, [limit, ("query", json!(typed))]).await?, "id", |_| true)
            }
            Self::Goals => found(page::<Goal>(call, all).await?, "id", |id| id.starts_with(typed)),
            Self::Memories => found(page::<Memory>(call, all).await?, "id", |id| id.starts_with(typed)),
            Self::Collections => {
                found(page::<Collection>(call, all).await?, "name", |name| name.starts_with(typed))
            }
            Self::Records => {
                let Some(Ok(within)) = within.map(|name| name.parse()) else {
                    return Ok(CompletionInfo::default());
                };
                let asked = Asked::of(Map::from_iter(all.map(|(name, value)| (name.to_owned(), value))))?;
                let records = Nouns::<Record>::of(call).within(Within(Some(within))).list(&asked).await?;
                found(records, "id", |id| id.starts_with(typed))
            }
            Self::Days => {
                let today = Analytics(call).today().await?.0;
                let days = (-3..=3).map(|days| today.saturating_add(days.days()).to_string());
                told(days.filter(|day| day.starts_with(typed)).collect(), false)
            }
        }
    }
}

/// The values of a field of those that are found; there may be more behind the first page.
fn found<T: Rules>(
    page: Page<Shown<T>>,
    field: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<CompletionInfo, Problem> {
    let mut values = Vec::new();
    for item in page.data {
        let fields = item.fields()?;
        values
            .extend(fields.get(field).and_then(Value::as_str).filter(|value| fits(value)).map(str::to_owned));
    }
    told(values, page.next_cursor.is_some())
}

fn told(values: Vec<String>, has_more: bool) -> Result<CompletionInfo, Problem> {
    CompletionInfo::with_pagination(values, None, has_more).map_err(Problem::internal)
}
