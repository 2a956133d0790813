//! What a connection can do with an owner's data: one list, from which each face takes its part.

use crate::access::{Action, Resource};

/// One thing to do, with its name on each face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    pub tool: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub action: Action,
    pub resource: Resource,
}

pub const LIST_TASKS: Operation = task("list_tasks", "GET", "/v1/tasks", Action::Read);
pub const GET_TASK: Operation = task("get_task", "GET", "/v1/tasks/{id}", Action::Read);
pub const CREATE_TASK: Operation = task("create_task", "POST", "/v1/tasks", Action::Write);
pub const UPDATE_TASK: Operation = task("update_task", "PATCH", "/v1/tasks/{id}", Action::Write);
pub const DELETE_TASK: Operation = task("delete_task", "DELETE", "/v1/tasks/{id}", Action::Delete);

pub const ALL: [Operation; 5] = [LIST_TASKS, GET_TASK, CREATE_TASK, UPDATE_TASK, DELETE_TASK];

impl Operation {
    /// Many at once, not one of them.
    pub fn is_list(&self) -> bool {
        self.method == "GET" && !self.path.contains('{')
    }
}

const fn task(tool: &'static str, method: &'static str, path: &'static str, action: Action) -> Operation {
    Operation { tool, method, path, action, resource: Resource::Tasks }
}
