//! A tool that is called: what it answers, or why it does not.

use super::{Entry, named};
use domain::approval::Asking;
use rmcp::model::{CallToolResult, ContentBlock, ErrorData, JsonObject, Resource};
use serde_json::value::RawValue;
use web::{Call, Problem};

/// What a tool answers: JSON, and where more of it can be read.
pub(crate) struct Told {
    pub(crate) answer: Box<RawValue>,
    pub(crate) link: Option<Resource>,
}

/// Why a tool answers nothing.
pub(crate) enum Unanswered {
    Refused(CallToolResult),
    /// Not before somebody has said so.
    Asks(Asking),
}

/// What the tool answers, or what it refuses. One that the connection may not use is as unknown as one that there is
/// not; its owner sees in the log which it was.
pub(crate) async fn call(
    call: &Call,
    name: &str,
    arguments: JsonObject,
) -> Result<Result<Told, Unanswered>, ErrorData> {
    let no_tool = || unknown(call, name, Problem::invalid("/params/name", "there is no such tool"));
    let tool = named(name).ok_or_else(no_tool)?;
    match (tool.run)(call, arguments).await {
        Ok(answer) => {
            let link = tool.leads_to.and_then(|leads_to| leads_to(&answer));
            call.use_up().await;
            Ok(Ok(Told { answer, link }))
        }
        Err(problem) => unanswered(call, tool, name, problem).await.map(Err),
    }
}

fn unknown(call: &Call, name: &str, problem: Problem) -> ErrorData {
    call.set_refusal(problem);
    ErrorData::invalid_params(format!("there is no tool `{name}`"), None)
}

/// Why it answers nothing, by this name.
pub(crate) async fn unanswered(
    call: &Call,
    tool: &Entry,
    name: &str,
    problem: Problem,
) -> Result<Unanswered, ErrorData> {
    let connection = call.admission().await.map_err(refused)?;
    if let Err(denied) = connection.allows(tool.operation, call.at()) {
        return Err(unknown(call, name, denied.into()));
    }
    if let Some(asking) = problem.asks() {
        return Ok(Unanswered::Asks(asking.clone()));
    }
    problem.log(call.request());
    let said = format!("{} ({})", problem.detail(), call.request());
    call.set_refusal(problem);
    Ok(Unanswered::Refused(CallToolResult::error(vec![ContentBlock::text(said)])))
}

pub(crate) fn refused(problem: Problem) -> ErrorData {
    ErrorData::invalid_request(problem.detail().to_owned(), None)
}
