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
    /// Of what kind, in `schema`, the items are that it is about.
    pub noun: &'static str,
}

/// What can be done with a noun.
#[derive(Debug)]
pub struct Does {
    /// What many of them are called.
    pub many: &'static str,
    pub list: Operation,
    pub get: Operation,
    pub create: Operation,
    pub update: Operation,
    pub delete: Operation,
    pub restore: Operation,
    /// Where its history is read.
    pub history: &'static str,
}

macro_rules! does {
    ($resource:ident, $called:literal, $one:literal, $many:literal, $path:literal) => {{
        const fn operation(
            tool: &'static str,
            method: &'static str,
            path: &'static str,
            action: Action,
        ) -> Operation {
            Operation { tool, method, path, action, resource: Resource::$resource, noun: $one }
        }
        const ONE: &str = concat!($path, "/{id}");
        Does {
            many: $called,
            list: operation(concat!("list_", $many), "GET", $path, Action::Read),
            get: operation(concat!("get_", $one), "GET", ONE, Action::Read),
            create: operation(concat!("create_", $one), "POST", $path, Action::Write),
            update: operation(concat!("update_", $one), "PATCH", ONE, Action::Write),
            delete: operation(concat!("delete_", $one), "DELETE", ONE, Action::Delete),
            restore: operation(
                concat!("restore_", $one),
                "POST",
                concat!($path, "/{id}/restore"),
                Action::Write,
            ),
            history: concat!($path, "/{id}/history"),
        }
    }};
}

pub static TASKS: Does = does!(Tasks, "Tasks", "task", "tasks", "/v1/tasks");
pub static COLLECTIONS: Does =
    does!(Collections, "Collections", "collection", "collections", "/v1/collections");
pub static RECORDS: Does =
    does!(Collections, "Records", "record", "records", "/v1/collections/{collection}/records");

pub static GOALS: Does = does!(Goals, "Goals", "goal", "goals", "/v1/goals");
pub static LIFE_AREAS: Does = does!(LifeAreas, "Life areas", "life_area", "life_areas", "/v1/life-areas");

pub fn all() -> impl Iterator<Item = &'static Operation> {
    [&TASKS, &GOALS, &LIFE_AREAS, &COLLECTIONS, &RECORDS].into_iter().flat_map(Does::each)
}

impl Operation {
    /// Many at once, not one of them.
    pub fn is_list(&self) -> bool {
        self.method == "GET" && !self.path.ends_with('}')
    }
}

impl Does {
    pub fn each(&self) -> [&Operation; 6] {
        [&self.list, &self.get, &self.create, &self.update, &self.delete, &self.restore]
    }
}
