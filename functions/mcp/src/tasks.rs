//! Long work as a task, for clients that know those: whoever asks how far it is does the next part of it. A task of
//! another connection is as unknown as one that there is not.

use crate::answer::DATA;
use crate::asks::internal;
use crate::tools::{self, Entry, Unanswered};
use domain::backup::{Backup, KEPT, Status};
use domain::id::BackupId;
use domain::operation::BACKUP_USER_DATA;
use http::StatusCode;
use rmcp::model::{
    CallToolResponse, CallToolResult, CreateTaskResult, DetailedTask, ErrorCode, ErrorData, GetTaskResult,
    JsonObject, Task, TaskPayload, TaskStatus,
};
use serde::Serialize;
use serde_json::{Value, json};
use web::{BackedUp, Backups, Call, Problem};

/// Those of one call's connection.
pub(crate) struct Tasks<'a>(pub(crate) &'a Call);

/// How long a client may well wait before it asks again.
const POLL_MS: u64 = 500;

/// The tool that is meant, if what is begun by calling it so becomes a task.
pub(crate) fn tool(name: &str, arguments: &JsonObject) -> Option<&'static Entry> {
    let begins = name == BACKUP_USER_DATA.tool && !arguments.contains_key("id");
    if begins { tools::named(name) } else { None }
}

impl Tasks<'_> {
    /// It is there before it is told.
    pub(crate) async fn begin(
        &self,
        tool: &Entry,
        name: &str,
        arguments: JsonObject,
    ) -> Result<CallToolResponse, ErrorData> {
        let begun = async { Backups(self.0).begin(tools::fit(arguments)?).await };
        match begun.await {
            Ok(backup) => Ok(CreateTaskResult::new(task(&backup)).into()),
            Err(problem) => match tools::unanswered(self.0, tool, name, problem).await? {
                Unanswered::Refused(refused) => Ok(refused.into()),
                Unanswered::Asks(_) => Err(ErrorData::internal_error("what only reads asks nobody", None)),
            },
        }
    }

    pub(crate) async fn get(&self, id: &str) -> Result<GetTaskResult, ErrorData> {
        let told = async {
            let backup = Backups(self.0).step(known(id)?).await?;
            let told = Backups(self.0).told(&backup).await?;
            let payload = payload(&told)?;
            Ok((task(&backup).with_status_message(told.message), payload))
        };
        let (task, payload) = told.await.map_err(|problem| self.unknown(problem))?;
        Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
    }

    pub(crate) async fn look(&self, id: &str) -> Result<(), ErrorData> {
        let found = async { Backups(self.0).find(known(id)?).await.map(drop) };
        found.await.map_err(|problem| self.unknown(problem))
    }

    pub(crate) async fn cancel(&self, id: &str) -> Result<(), ErrorData> {
        let cancelled = async { Backups(self.0).cancel(known(id)?).await };
        cancelled.await.map_err(|problem| self.unknown(problem))
    }

    /// Also for who may not do this any more.
    fn unknown(&self, problem: Problem) -> ErrorData {
        if problem.status.is_server_error() {
            return internal(self.0, problem);
        }
        self.0.set_refusal(problem);
        ErrorData::invalid_params("there is no such task", None)
    }
}

fn known(id: &str) -> Result<BackupId, Problem> {
    let unknown = "There is no such task.";
    id.parse().map_err(|_| Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", unknown))
}

fn task(backup: &Backup) -> Task {
    let status = match backup.status {
        Status::Working => TaskStatus::Working,
        Status::Completed => TaskStatus::Completed,
        Status::Failed => TaskStatus::Failed,
        Status::Cancelled => TaskStatus::Cancelled,
    };
    let Backup { id, created_at, updated_at, .. } = backup;
    Task::new(id.to_string(), status, created_at.to_string(), updated_at.to_string())
        .with_ttl_ms(KEPT.as_millis().try_into().unwrap_or(u64::MAX))
        .with_poll_interval_ms(POLL_MS)
}

fn payload(told: &BackedUp) -> Result<TaskPayload, Problem> {
    Ok(match told.status {
        Status::Working => TaskPayload::Working,
        Status::Cancelled => TaskPayload::Cancelled,
        Status::Failed => TaskPayload::Failed {
            error: object(&json!({ "code": ErrorCode::INTERNAL_ERROR, "message": told.message }))?,
        },
        Status::Completed => {
            let said = serde_json::to_value(told).map_err(Problem::internal)?;
            TaskPayload::Completed {
                result: object(&CallToolResult::structured(said).with_meta(Some(DATA.clone())))?,
            }
        }
    })
}

fn object(of: &impl Serialize) -> Result<JsonObject, Problem> {
    match serde_json::to_value(of).map_err(Problem::internal)? {
        Value::Object(object) => Ok(object),
        _ => Err(Problem::internal("a result that is no object")),
    }
}
