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
    /// There is only one, which is neither made nor deleted: reading it is listing all that there are, and the first
    /// change makes it.
    pub is_one: bool,
    pub list: Operation,
    pub get: Operation,
    pub create: Operation,
    pub update: Operation,
    pub delete: Operation,
    pub restore: Operation,
    /// Where its history is read.
    pub history: &'static str,
    /// What there is to know of making one.
    pub besides: &'static str,
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
            is_one: false,
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
            besides: "",
        }
    }};
}

macro_rules! does_to_one {
    ($resource:ident, $called:literal, $one:literal, $path:literal) => {{
        const fn operation(tool: &'static str, method: &'static str, action: Action) -> Operation {
            Operation { tool, method, path: $path, action, resource: Resource::$resource, noun: $one }
        }
        const GET: Operation = operation(concat!("get_", $one), "GET", Action::Read);
        const UPDATE: Operation = operation(concat!("update_", $one), "PATCH", Action::Write);
        Does {
            many: $called,
            is_one: true,
            list: GET,
            get: GET,
            create: UPDATE,
            update: UPDATE,
            delete: operation(concat!("delete_", $one), "DELETE", Action::Delete),
            restore: operation(concat!("restore_", $one), "POST", Action::Write),
            history: concat!($path, "/history"),
            besides: "",
        }
    }};
}

pub static PROFILE: Does = does_to_one!(Profile, "Profile", "profile", "/v1/profile");
pub static PREFERENCES: Does = does_to_one!(Preferences, "Preferences", "preferences", "/v1/preferences");
pub static TASKS: Does = does!(Tasks, "Tasks", "task", "tasks", "/v1/tasks");
pub static COLLECTIONS: Does =
    does!(Collections, "Collections", "collection", "collections", "/v1/collections");
pub static RECORDS: Does =
    does!(Collections, "Records", "record", "records", "/v1/collections/{collection}/records");

pub static GOALS: Does = does!(Goals, "Goals", "goal", "goals", "/v1/goals");
pub static LIFE_AREAS: Does = does!(LifeAreas, "Life areas", "life_area", "life_areas", "/v1/life-areas");

pub static MEMORIES: Does = Does {
    create: Operation { tool: "add_memory", ..MEMORIES_AS_ANY.create },
    besides: " If the same is remembered already, that memory is answered, as it is.",
    ..MEMORIES_AS_ANY
};
const MEMORIES_AS_ANY: Does = does!(Memories, "Memories", "memory", "memories", "/v1/memories");

pub static SEARCH_MEMORIES: Operation = Operation {
    tool: "search_memory",
    method: "POST",
    path: "/v1/memories/search",
    action: Action::Read,
    resource: Resource::Memories,
    noun: "memory",
};

pub fn all() -> impl Iterator<Item = &'static Operation> {
    [&PROFILE, &PREFERENCES, &TASKS, &GOALS, &LIFE_AREAS, &MEMORIES, &COLLECTIONS, &RECORDS]
        .into_iter()
        .flat_map(Does::each)
        .chain([&SEARCH_MEMORIES])
}

impl Operation {
    /// All that there are, not one of many.
    pub fn is_list(&self) -> bool {
        self.method == "GET" && !self.path.ends_with('}')
    }
}

impl Does {
    pub fn each(&self) -> impl Iterator<Item = &Operation> {
        let Self { list, get, create, update, delete, restore, .. } = self;
        let many = |one| (!self.is_one).then_some(one);
        [many(list), Some(get), many(create), Some(update), many(delete), many(restore)].into_iter().flatten()
    }
}
