//! What a call can do with tasks; every face goes through here.

use crate::body::Sent;
use crate::call::Call;
use crate::page::{Page, PageParams, next_cursor};
use crate::precondition::expect_version;
use crate::problem::Problem;
use domain::Error;
use domain::access::{Action, Item, Resource, Scope, Shown};
use domain::id::TaskId;
use domain::operation::{CREATE_TASK, DELETE_TASK, GET_TASK, LIST_TASKS, Operation, UPDATE_TASK};
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
        let list = shelf.newest_first();
        let (scope, first) = call.may(&LIST_TASKS, shelf.page(&list, after, limit)).await?;
        let keep = |task: &Task| scope.of(&task.subject()).is_some();
        let listing = shelf.kept(&list, first, limit, keep).await?;
        let next = next_cursor::<Task>(listing.next.as_deref(), call.app(), call.owner()).await?;
        let shown = listing.items.into_iter().filter_map(|task| Shown::of(task, &scope).transpose());
        Ok(Page { data: shown.collect::<Result<_, Error>>()?, next_cursor: next })
    }

    pub async fn get(&self, id: TaskId) -> Result<(Shown<Task>, u64), Problem> {
        let (scope, task) = self.0.may(&GET_TASK, self.0.shelf::<Task>().get(id)).await?;
        let version = task.version;
        let shown = Shown::of(task, &scope)?.ok_or(Error::NotFound("task"))?;
        Ok((shown, version))
    }

    pub async fn create(&self, new: Sent<NewTask>) -> Result<Written, Problem> {
        let (scope, ()) = self.0.may(&CREATE_TASK, ready(Ok(()))).await?;
        let names = new.names().to_vec();
        let new = read(&scope, new)?;
        let writer = self.0.writer();
        let task = Task::new(TaskId::new(writer.at, self.0.app().entropy.bytes()), new, &writer);
        within(&scope, &task, &names)?;
        let task = self.0.shelf().create(task, writer.op).await?;
        self.written(task).await
    }

    /// `expected` is the version that the caller has seen, if it says. What changes nothing is not written.
    pub async fn update(
        &self,
        id: TaskId,
        patch: Sent<TaskPatch>,
        expected: Option<u64>,
    ) -> Result<Written, Problem> {
        let (scope, task) = self.seen(&UPDATE_TASK, id, expected).await?;
        let names = patch.names().to_vec();
        let patch = read(&scope, patch)?;
        // Before anything is compared: what a caller cannot see it cannot guess either.
        within(&scope, &task, &names)?;
        let writer = self.0.writer();
        let patched = task.clone().patched(patch, &writer);
        within(&scope, &patched, &names)?;
        if patched.says_the_same_as(&task) {
            return self.written(task).await;
        }
        let task = self.0.shelf().replace(patched, writer.op).await?;
        self.written(task).await
    }

    pub async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<(), Problem> {
        let (_, task) = self.seen(&DELETE_TASK, id, expected).await?;
        Ok(self.0.shelf().trash(task, self.0.writer()).await?)
    }

    async fn written(&self, task: Task) -> Result<Written, Problem> {
        let (id, version) = (task.id, task.version);
        let shown = match self.0.scope(Action::Read, Resource::Tasks).await? {
            Ok(scope) => Shown::of(task, &scope)?,
            Err(_) => None,
        };
        Ok(Written { id, version, seen: shown.map_or(Seen::Unseen { id, version }, Seen::Shown) })
    }

    /// A task that the caller may change. What it cannot even read is not there.
    async fn seen(
        &self,
        operation: &Operation,
        id: TaskId,
        expected: Option<u64>,
    ) -> Result<(Scope<'_>, Task), Problem> {
        let (scope, task) = self.0.may(operation, self.0.shelf::<Task>().get(id)).await?;
        if scope.of(&task.subject()).is_none() {
            let reads = self.0.scope(Action::Read, Resource::Tasks).await?.ok();
            return Err(match reads.and_then(|reads| reads.of(&task.subject())) {
                Some(_) => scope.denial().into(),
                None => Error::NotFound("task").into(),
            });
        }
        expect_version(expected, task.version)?;
        Ok((scope, task))
    }
}

/// A field that is hidden does not exist for the caller, whatever is wrong with its value.
fn read<T>(scope: &Scope<'_>, sent: Sent<T>) -> Result<T, Problem> {
    if scope.is_whole() {
        return sent.read();
    }
    visible(scope, sent.names())?;
    sent.read_narrowly()
}

/// An item must not leave its scope, nor be made outside of it, nor be given what its scope does not show of it.
fn within(scope: &Scope<'_>, task: &Task, names: &[String]) -> Result<(), Problem> {
    if scope.is_whole() {
        return Ok(());
    }
    visible(&scope.of(&task.subject()).ok_or_else(|| scope.denial())?, names)
}

fn visible(scope: &Scope<'_>, names: &[String]) -> Result<(), Problem> {
    let unknown = |name| Problem::invalid(format!("/{name}"), format!("unknown field `{name}`"));
    scope.hides(names).map_or(Ok(()), |name| Err(unknown(name)))
}
