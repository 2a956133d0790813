//! What a call can do with tasks; every face goes through here.

use crate::call::Call;
use crate::page::{Page, PageParams};
use crate::problem::Problem;
use domain::access::Action::{self, Delete, Read, Write};
use domain::access::Resource;
use domain::id::TaskId;
use domain::task::{NewTask, Task, TaskPatch};
use http::StatusCode;
use std::future::ready;

pub struct Tasks<'a>(pub &'a Call);

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

    pub async fn create(&self, new: NewTask) -> Result<Task, Problem> {
        self.may(Write, ready(Ok(()))).await?;
        let writer = self.0.writer();
        let id = TaskId::new(writer.at, self.0.app().entropy.bytes());
        Ok(self.0.shelf().create(Task::new(id, new, &writer), writer.op).await?)
    }

    /// `expected` is the version that the caller has seen, if it says.
    pub async fn update(&self, id: TaskId, patch: TaskPatch, expected: Option<u64>) -> Result<Task, Problem> {
        let task = self.seen(Write, id, expected).await?;
        let writer = self.0.writer();
        Ok(self.0.shelf().replace(task.patched(patch, &writer), writer.op).await?)
    }

    pub async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<(), Problem> {
        let task = self.seen(Delete, id, expected).await?;
        Ok(self.0.shelf().trash(task, self.0.writer()).await?)
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
