//! A change that its owner is asked about first: at once where the client can ask, else in the dashboard.

use crate::resources::APPROVAL;
use crate::sampling::Brought;
use crate::tools::{self, title};
use domain::approval::{Asking, Request, said};
use domain::audit::{Actor, Entry, Outcome};
use domain::ledger::Note;
use domain::schema;
use domain::text::is_plain;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use rmcp::model::{
    CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock, ErrorData, InputRequests,
    InputRequiredResult, JsonObject, MetaObject,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use web::approval::{Approved, ask};
use web::{Call, MCP, Problem};

/// For how long a client may wait for an answer.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// A client is asked about what fits into a question whole; the rest is shown in the dashboard.
const MOST_LETTERS: usize = 1_000;

/// The name of the question, and of its field.
const APPROVE: &str = "approve";

/// A tool as it was called.
pub(crate) struct Asked<'a> {
    pub(crate) call: &'a Call,
    pub(crate) tool: &'a str,
    pub(crate) arguments: &'a JsonObject,
}

/// What a client carries from the question to the answer. It opens only where it was sealed: for this connection, this
/// tool and these arguments.
#[derive(Serialize, Deserialize)]
struct State {
    nonce: String,
    until: Timestamp,
    seen: Option<u64>,
}

impl Asked<'_> {
    /// Whether the client's answer, if it brings one, says yes; what that allows is done once.
    pub(crate) async fn answered(
        &self,
        (state, answers): Brought<'_>,
    ) -> Result<Result<Option<Approved>, CallToolResult>, ErrorData> {
        let Some(state) = state else { return Ok(Ok(None)) };
        let call = self.call;
        let connection = call.admission().await.map_err(tools::refused)?;
        if !tools::named(self.tool).is_some_and(|tool| tool.is_for(connection, call.at())) {
            // As unknown as what there is not, whatever comes with it.
            return Ok(Ok(None));
        }
        let opened = self.open(state).await.map_err(|problem| internal(call, problem))?;
        let holds = |state: &State| call.at() < state.until && connection.face.asks_in_client();
        let Some(State { nonce, until, seen }) = opened.filter(holds) else {
            let said = "`requestState` does not belong to this request, or is over";
            call.set_refusal(Problem::invalid("/params/requestState", said));
            return Err(ErrorData::invalid_params(said, None));
        };
        let spent = schema::spent(call.owner(), &nonce);
        let spent = call.app().table.get(&spent).await.map_err(|error| internal(call, error.into()))?;
        if spent.is_some() {
            return Ok(Err(self.refused("This answer was used already: ask anew.")));
        }
        let answer = answers.and_then(|answers| answers.get(APPROVE));
        let says_yes = |answer: &Value| {
            answer["action"] == "accept" && answer.pointer("/content/approve") == Some(&Value::Bool(true))
        };
        if !answer.is_some_and(says_yes) {
            return Ok(Err(self.refused("It was not allowed.")));
        }
        self.note("approval.approved").await;
        // Kept for longer than the state lives, so that it is never forgotten first.
        Ok(Ok(Some(Approved::at_once(call.owner(), &nonce, until + LIFE, seen))))
    }

    /// Asks: through the client, if it can, else where its owner looks for it.
    pub(crate) async fn ask(
        &self,
        asking: &Asking,
        client: Option<&ClientCapabilities>,
    ) -> Result<CallToolResponse, ErrorData> {
        let connection = self.call.admission().await.map_err(tools::refused)?;
        let elicits = client.and_then(|client| client.elicitation.as_ref());
        // Whoever names no mode means forms.
        let can_ask = elicits.is_some_and(|elicits| elicits.form.is_some() || elicits.url.is_none());
        let with = json!(self.arguments).to_string();
        let can_ask = can_ask && with.chars().all(is_plain) && with.len() <= MOST_LETTERS;
        let asked = if can_ask && connection.face.asks_in_client() {
            self.ask_through_client(asking, &with).await.map(Into::into)
        } else {
            self.ask_elsewhere(asking).await.map(Into::into)
        };
        asked.or_else(|problem| match problem.status.is_server_error() {
            true => Err(internal(self.call, problem)),
            false => {
                let said = problem.detail().to_owned();
                self.call.set_refusal(problem);
                Ok(CallToolResult::error(vec![ContentBlock::text(said)]).into())
            }
        })
    }

    async fn ask_through_client(&self, asking: &Asking, with: &str) -> Result<InputRequiredResult, Problem> {
        let connection = self.call.admission().await?;
        let about =
            asking.about.as_ref().map(|about| format!(" \u{201c}{about}\u{201d}")).unwrap_or_default();
        let (name, tool) = (connection.name.as_str(), title(self.tool));
        let message = format!("{name} asks: {tool}{about}? It would do this with {with}");
        let form = json!({ "type": "object", "required": [APPROVE], "properties": {
            APPROVE: { "type": "boolean", "title": "Allow this change" },
        } });
        let params = json!({ "mode": "form", "message": message, "requestedSchema": form });
        let asked = json!({ APPROVE: { "method": "elicitation/create", "params": params } });
        let asked: InputRequests = serde_json::from_value(asked).map_err(Problem::internal)?;
        Ok(InputRequiredResult::new(Some(asked), Some(self.seal(asking.seen).await?)))
    }

    async fn ask_elsewhere(&self, asking: &Asking) -> Result<CallToolResult, Problem> {
        let params = json!({ "name": self.tool, "arguments": self.arguments });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let request = Request {
            method: "POST".to_owned(),
            path: MCP.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(body.to_string()),
        };
        let waits = ask(self.call, asking, request).await?;
        let uri = APPROVAL.uri.replace("{id}", &waits.id.to_string());
        let said = format!(
            "Not done yet: the person is asked first, in their dashboard, until {}. Do not call it again. {uri} tells \
             what became of it.",
            waits.until
        );
        let meta = json!({ "larder/approval": { "id": waits.id, "until": waits.until, "uri": uri } });
        let meta: MetaObject = serde_json::from_value(meta).map_err(Problem::internal)?;
        Ok(CallToolResult::error(vec![ContentBlock::text(said)]).with_meta(Some(meta)))
    }

    async fn seal(&self, seen: Option<u64>) -> Result<String, Problem> {
        let app = self.call.app();
        let state = State { nonce: app.op().to_string(), until: self.call.at() + LIFE, seen };
        Ok(app.keys.carry(&self.place(), &state, app.op(), app.entropy.bytes()).await?)
    }

    async fn open(&self, state: &str) -> Result<Option<State>, Problem> {
        Ok(self.call.app().keys.carried(&self.place(), state).await?)
    }

    /// What was asked, by whom: nothing of it can be exchanged.
    fn place(&self) -> String {
        let asked = json!([self.call.owner(), self.call.connection(), self.tool, self.arguments]);
        format!("mcp ask {asked}")
    }

    fn refused(&self, said: &'static str) -> CallToolResult {
        let title = "Not allowed";
        self.call.set_refusal(Problem::new(StatusCode::FORBIDDEN, "not-approved", title, said));
        CallToolResult::error(vec![ContentBlock::text(said)])
    }

    async fn note(&self, action: &str) {
        let (call, app) = (self.call, self.call.app());
        let entry = Entry {
            connection: Some(call.connection()),
            target: Some(self.tool.to_owned()),
            reason: Some(format!("through the client: {}", said(self.tool, MCP, &json!(self.arguments)))),
            request: Some(call.request()),
            ..Entry::new(call.at(), app.entropy.bytes(), Actor::Connection, action, Outcome::Done)
        };
        app.ledger.note(call.owner(), Note::Audit(entry)).await;
    }
}

pub(crate) fn internal(call: &Call, problem: Problem) -> ErrorData {
    problem.log(call.request());
    let said = ErrorData::internal_error(problem.detail().to_owned(), None);
    call.set_refusal(problem);
    said
}
