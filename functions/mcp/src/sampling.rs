//! A goal that the client's own model breaks down, where the client lends it and the owner allows that: the client is
//! asked for the model's words, and brings them with the same call.

use crate::asks::internal;
use crate::parts::answer;
use crate::tools::{self, Entry, Told, Unanswered};
use domain::goal::Goal;
use domain::id::Me;
use domain::operation::DECOMPOSE_GOAL;
use domain::preferences::Preferences;
use jiff::{SignedDuration, Timestamp};
use rmcp::model::{
    CallToolResult, ClientCapabilities, ErrorData, InputRequests, InputRequiredResult, InputResponses,
    JsonObject,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use web::{Call, Nouns, Problem, Sent};

/// For how long the client's model may take.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// The name of what is asked for.
const PLAN: &str = "plan";

/// So long may a plan of 30 tasks well be.
const MOST_TOKENS: u32 = 8_000;

/// What a client brings with a call that it was asked about: what it carried, and the answers.
pub(crate) type Brought<'a> = (Option<&'a str>, Option<&'a InputResponses>);

/// The tool as it was called.
pub(crate) struct Sampling<'a> {
    call: &'a Call,
    tool: &'static Entry,
    arguments: &'a JsonObject,
}

/// What the client carries from the question to the answer. It opens for the same call of the same connection only.
#[derive(Serialize, Deserialize)]
struct State {
    until: Timestamp,
}

/// Of what the tool answers where a plan is to be made.
#[derive(Deserialize)]
struct Wanted {
    prompt: String,
    schema: JsonObject,
}

impl<'a> Sampling<'a> {
    /// `None` of any other call.
    pub(crate) fn of(call: &'a Call, tool: &str, arguments: &'a JsonObject) -> Option<Self> {
        let method = arguments.get("method").and_then(Value::as_str);
        let may =
            tool == DECOMPOSE_GOAL.tool && method.is_none_or(|method| ["auto", "sampling"].contains(&method));
        let tool = tools::named(tool).filter(|_| may)?;
        Some(Self { call, tool, arguments })
    }

    /// What the tool answers with what the model said; `None` if the client brings nothing that it was asked for.
    pub(crate) async fn answered(
        &self,
        (state, said): Brought<'_>,
    ) -> Result<Option<Result<Told, CallToolResult>>, ErrorData> {
        let Some(state) = state else { return Ok(None) };
        let opened: Result<Option<State>, _> = self.call.app().keys.carried(&self.place(), state).await;
        let opened = opened.map_err(|error| internal(self.call, error.into()))?;
        if opened.is_none_or(|state| state.until <= self.call.at()) {
            return Ok(None);
        }
        let plan = said.and_then(|said| said.get(PLAN)).and_then(plan);
        let sent = Sent::of(self.arguments.clone());
        let made = Nouns::<Goal>::of(self.call).decompose(sent, plan, |_| Ok(None)).await;
        match made.and_then(|made| answer(&made)) {
            Ok(answer) => Ok(Some(Ok(Told { answer, link: None }))),
            Err(problem) => {
                match tools::unanswered(self.call, self.tool, DECOMPOSE_GOAL.tool, problem).await? {
                    Unanswered::Refused(refused) => Ok(Some(Err(refused))),
                    Unanswered::Asks(_) => {
                        Err(ErrorData::internal_error("a plan is asked about when it is sent", None))
                    }
                }
            }
        }
    }

    /// What to ask the client for instead of this answer, if it can be asked; else the answer.
    pub(crate) async fn asked(
        &self,
        told: Told,
        client: Option<&ClientCapabilities>,
    ) -> Result<Result<Told, InputRequiredResult>, ErrorData> {
        let lends = client.is_some_and(|client| client.sampling.is_some());
        let wanted = serde_json::from_str::<Wanted>(told.answer.get()).ok().filter(|_| lends);
        let Some(wanted) = wanted else { return Ok(Ok(told)) };
        let asking = async {
            if self.is_allowed().await? { self.asking(&wanted).await.map(Err) } else { Ok(Ok(told)) }
        };
        asking.await.map_err(|problem| internal(self.call, problem))
    }

    async fn asking(&self, wanted: &Wanted) -> Result<InputRequiredResult, Problem> {
        let schema = serde_json::to_string(&wanted.schema).map_err(Problem::internal)?;
        let system = format!("Answer with one JSON object that fits this schema, and nothing else: {schema}");
        let message = json!({ "role": "user", "content": { "type": "text", "text": wanted.prompt } });
        let params = json!({ "messages": [message], "systemPrompt": system, "maxTokens": MOST_TOKENS });
        let asked = json!({ PLAN: { "method": "sampling/createMessage", "params": params } });
        let asked: InputRequests = serde_json::from_value(asked).map_err(Problem::internal)?;
        let (app, until) = (self.call.app(), self.call.at() + LIFE);
        let state = app.keys.carry(&self.place(), &State { until }, app.op(), app.entropy.bytes()).await?;
        Ok(InputRequiredResult::new(Some(asked), Some(state)))
    }

    /// Their own word, whatever the connection may know of their preferences.
    async fn is_allowed(&self) -> Result<bool, Problem> {
        let found = self.call.shelf::<Preferences>().some([Me::Me]).await?;
        Ok(found.into_iter().flatten().any(|preferences| preferences.ai.allow_sampling))
    }

    fn place(&self) -> String {
        let asked = json!([self.call.owner(), self.call.connection(), self.arguments]);
        format!("mcp sampling {asked}")
    }
}

/// From the first brace to the last, whatever the model says around it.
fn plan(said: &Value) -> Option<JsonObject> {
    let content = said.get("content")?;
    let parts = content.as_array().map_or(std::slice::from_ref(content), Vec::as_slice);
    let text: String = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
    serde_json::from_str(text.get(text.find('{')?..=text.rfind('}')?)?).ok()
}
