//! What a call can do with tasks; every face goes through here.

use crate::call::Call;
use crate::page::{Page, PageParams, next_cursor};
use crate::precondition::expect_version;
use crate::problem::Problem;
use domain::Error;
use domain::access::Action::{self, Delete, Read, Write};
use domain::access::{Item, Resource, Scope, Shown, Uncovered, covered};
use domain::error::Denial;
use domain::id::TaskId;
use domain::task::{NewTask, Task, TaskPatch};
use serde::{Serialize, Serializer};
use std::future::ready;

pub struct Tasks<'a>(pub &'a Call);

/// What a writer gets back: what it may read of the task, or, if that is nothing, only what it needs to go on.
#[derive(Debug)]
pub struct Written {
    pub id: TaskId,
    pub version: u64,
    seen: Seen,
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.seen.serialize(serializer)
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Seen {
    Shown(Shown<Task>),
    Unseen { id: TaskId, version: u64 },
}

impl Tasks<'_> {
    pub async fn list(&self, params: &PageParams) -> Result<Page<Shown<Task>>, Problem> {
        let Self(call) = self;
        let limit = params.limit()?;
        let after = params.after::<Task>(call.app(), call.owner()).await?;
        let shelf = call.shelf::<Task>();
        let (scope, mut listing) = self.may(Read, shelf.list(after, limit)).await?;
        if !scope.has_all_items() {
            let keep = |task: &Task| scope.of(&task.subject()).is_some();
            listing = shelf.kept(listing, limit, keep).await?;
        }
        let next = next_cursor::<Task>(listing.next.as_deref(), call.app(), call.owner()).await?;
        let shown = listing.items.into_iter().filter_map(|task| Shown::of(task, &scope).transpose());
        Ok(Page { data: shown.collect::<Result<_, Error>>()?, next_cursor: next })
    }

    pub async fn get(&self, id: TaskId) -> Result<(Shown<Task>, u64), Problem> {
        let (scope, task) = self.may(Read, self.0.shelf::<Task>().get(id)).await?;
        let version = task.version;
        let shown = Shown::of(task, &scope)?.ok_or(Error::NotFound("task"))?;
        Ok((shown, version))
    }

    pub async fn create(&self, new: NewTask) -> Result<Written, Problem> {
        let (scope, ()) = self.may(Write, ready(Ok(()))).await?;
        let writer = self.0.writer();
        let id = TaskId::new(writer.at, self.0.app().entropy.bytes());
        let blank = NewTask::called(new.title.clone());
        let task = Task::new(id, new, &writer);
        allow(&scope, Write, &Task::new(id, blank, &writer), &task)?;
        let task = self.0.shelf().create(task, writer.op).await?;
        self.written(task).await
    }

    /// `expected` is the version that the caller has seen, if it says. What changes nothing is not written.
    pub async fn update(
        &self,
        id: TaskId,
        patch: TaskPatch,
        expected: Option<u64>,
    ) -> Result<Written, Problem> {
        let (scope, task) = self.seen(Write, id, expected).await?;
        let writer = self.0.writer();
        let patched = task.clone().patched(patch, &writer);
        if patched.says_the_same_as(&task) {
            return self.written(task).await;
        }
        allow(&scope, Write, &task, &patched)?;
        let task = self.0.shelf().replace(patched, writer.op).await?;
        self.written(task).await
    }

    pub async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<(), Problem> {
        let (_, task) = self.seen(Delete, id, expected).await?;
        Ok(self.0.shelf().trash(task, self.0.writer()).await?)
    }

    async fn written(&self, task: Task) -> Result<Written, Problem> {
        let (id, version) = (task.id, task.version);
        let shown = match self.0.scope(Read, Resource::Tasks).await? {
            Ok(scope) => Shown::of(task, &scope)?,
            Err(_) => None,
        };
        Ok(Written { id, version, seen: shown.map_or(Seen::Unseen { id, version }, Seen::Shown) })
    }

    /// A task that the caller may change. What it cannot even read is not there.
    async fn seen(
        &self,
        action: Action,
        id: TaskId,
        expected: Option<u64>,
    ) -> Result<(Scope<'_>, Task), Problem> {
        let (scope, task) = self.may(action, self.0.shelf::<Task>().get(id)).await?;
        if scope.of(&task.subject()).is_none() {
            let reads = self.0.scope(Read, Resource::Tasks).await?.ok();
            return Err(match reads.and_then(|reads| reads.of(&task.subject())) {
                Some(_) => Error::Denied { action, resource: Resource::Tasks, why: Denial::Item },
                None => Error::NotFound("task"),
            }
            .into());
        }
        expect_version(expected, task.version)?;
        Ok((scope, task))
    }

    async fn may<T>(
        &self,
        action: Action,
        meanwhile: impl Future<Output = domain::Result<T>>,
    ) -> Result<(Scope<'_>, T), Problem> {
        self.0.may(action, Resource::Tasks, meanwhile).await
    }
}

/// A field that is masked does not exist for the caller; an item must not leave its scope, nor be made outside of it.
fn allow(scope: &Scope<'_>, action: Action, before: &Task, after: &Task) -> Result<(), Problem> {
    covered(scope, before, after).map_err(|uncovered| match uncovered {
        Uncovered::Item => Error::Denied { action, resource: Resource::Tasks, why: Denial::Item }.into(),
        Uncovered::Field(name) => Problem::invalid(format!("/{name}"), format!("unknown field `{name}`")),
        Uncovered::Broken(error) => error.into(),
    })
}
