//! What a call can do with tasks; every face goes through here.

use crate::call::Call;
use crate::page::{Page, PageParams};
use crate::problem::Problem;
use domain::access::Action::{self, Delete, Read, Write};
use domain::access::{Resource, decide};
use domain::id::TaskId;
use domain::task::{NewTask, Task, TaskPatch};
use http::StatusCode;
use serde::Serialize;
use std::future::ready;

pub struct Tasks<'a>(pub &'a Call);

/// What a writer gets back: the task, or, if its grant does not let it read, only what it needs to go on.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Written {
    Seen(Task),
    Unseen { id: TaskId, version: u64 },
}

impl Tasks<'_> {
    pub async fn list(&self, params: &PageParams) -> Result<Page<Task>, Problem> {
        let Self(call) = self;
        let limit = params.limit()?;
        let after = params.after::<Task>(call.app(), call.owner()).await?;
        let listing = self.may(Read, call.shelf().list(after, limit)).await?;
        Page::of(listing, call.app(), call.owner()).await
    }

    pub async fn get(&self, id: TaskId) -> Result<Task, Problem> {
        self.may(Read, self.0.shelf().get(id)).await
    }

    pub async fn create(&self, new: NewTask) -> Result<Written, Problem> {
        self.may(Write, ready(Ok(()))).await?;
        let writer = self.0.writer();
        let id = TaskId::new(writer.at, self.0.app().entropy.bytes());
        let task = self.0.shelf().create(Task::new(id, new, &writer), writer.op).await?;
        self.written(task).await
    }

    /// `expected` is the version that the caller has seen, if it says. What changes nothing is not written.
    pub async fn update(
        &self,
        id: TaskId,
        patch: TaskPatch,
        expected: Option<u64>,
    ) -> Result<Written, Problem> {
        let task = self.seen(Write, id, expected).await?;
        let writer = self.0.writer();
        let patched = task.clone().patched(patch, &writer);
        if patched.says_the_same_as(&task) {
            return self.written(task).await;
        }
        let task = self.0.shelf().replace(patched, writer.op).await?;
        self.written(task).await
    }

    pub async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<(), Problem> {
        let task = self.seen(Delete, id, expected).await?;
        Ok(self.0.shelf().trash(task, self.0.writer()).await?)
    }

    async fn written(&self, task: Task) -> Result<Written, Problem> {
        let grant = &self.0.admission().await?.grant;
        let may_read = decide(grant, Read, Resource::Tasks).is_ok();
        Ok(if may_read {
            Written::Seen(task)
        } else {
            Written::Unseen { id: task.id, version: task.version }
        })
    }

    async fn seen(&self, action: Action, id: TaskId, expected: Option<u64>) -> Result<Task, Problem> {
        let task: Task = self.may(action, self.0.shelf().get(id)).await?;
        if expected.is_some_and(|expected| expected != task.version) {
            let detail =
                format!("The task is at version {}; read it again and repeat the change.", task.version);
            let status = StatusCode::PRECONDITION_FAILED;
            return Err(Problem::new(status, "version-mismatch", "It changed in the meantime", detail));
        }
        Ok(task)
    }

    async fn may<T>(
        &self,
        action: Action,
        meanwhile: impl Future<Output = domain::Result<T>>,
    ) -> Result<T, Problem> {
        self.0.may(action, Resource::Tasks, meanwhile).await
    }
}

impl Written {
    pub const fn id(&self) -> TaskId {
        match self {
            Self::Seen(task) => task.id,
            Self::Unseen { id, .. } => *id,
        }
    }

    pub const fn version(&self) -> u64 {
        match self {
            Self::Seen(Task { version, .. }) | Self::Unseen { version, .. } => *version,
        }
    }
}
