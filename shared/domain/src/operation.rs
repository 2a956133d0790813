//! What a connection can do with an owner's data: one list, from which each face takes its part.

use crate::access::{Action, Resource};

/// One thing to do, on each face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// As no other is called.
    pub name: &'static str,
    /// The tool that does it or, where it has none of its own, that does as much: who is offered the tool may do it.
    pub tool: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub action: Action,
    pub resource: Resource,
    /// Of what kind, in `schema`, the items are that it is about.
    pub noun: &'static str,
    /// It tells of these, to whoever may list any of them; empty for what is about its own noun.
    told_of: &'static [&'static Does],
}

/// What can be done with a noun.
#[derive(Debug, PartialEq, Eq)]
pub struct Does {
    /// What many of them are called.
    pub many: &'static str,
    /// There is only one, which is neither made nor deleted: reading it is listing all that there are, and the first
    /// change makes it.
    pub is_one: bool,
    pub list: Operation,
    pub get: Operation,
    pub create: Operation,
    /// Many at once; there is none for what an owner has few of.
    pub batch: Option<Operation>,
    pub update: Operation,
    /// What makes one under an id that is given, or replaces the one there.
    pub put: Operation,
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
            name: &'static str,
            method: &'static str,
            path: &'static str,
            action: Action,
        ) -> Operation {
            Operation {
                name,
                tool: name,
                method,
                path,
                action,
                resource: Resource::$resource,
                noun: $one,
                told_of: &[],
            }
        }
        const ONE: &str = concat!($path, "/{id}");
        Does {
            many: $called,
            is_one: false,
            list: operation(concat!("list_", $many), "GET", $path, Action::Read),
            get: operation(concat!("get_", $one), "GET", ONE, Action::Read),
            create: operation(concat!("create_", $one), "POST", $path, Action::Write),
            batch: Some(Operation {
                tool: concat!("create_", $one),
                ..operation(concat!("create_", $many), "POST", concat!($path, "/batch"), Action::Write)
            }),
            update: operation(concat!("update_", $one), "PATCH", ONE, Action::Write),
            put: Operation {
                tool: concat!("update_", $one),
                ..operation(concat!("put_", $one), "PUT", ONE, Action::Write)
            },
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
        const fn operation(name: &'static str, method: &'static str, action: Action) -> Operation {
            Operation {
                name,
                tool: name,
                method,
                path: $path,
                action,
                resource: Resource::$resource,
                noun: $one,
                told_of: &[],
            }
        }
        const GET: Operation = operation(concat!("get_", $one), "GET", Action::Read);
        const UPDATE: Operation = operation(concat!("update_", $one), "PATCH", Action::Write);
        Does {
            many: $called,
            is_one: true,
            list: GET,
            get: GET,
            create: UPDATE,
            batch: None,
            update: UPDATE,
            put: UPDATE,
            delete: operation(concat!("delete_", $one), "DELETE", Action::Delete),
            restore: operation(concat!("restore_", $one), "POST", Action::Write),
            history: concat!($path, "/history"),
            besides: "",
        }
    }};
}

pub static PROFILE: Does = does_to_one!(Profile, "Profile", "profile", "/v1/profile");
pub static PREFERENCES: Does = does_to_one!(Preferences, "Preferences", "preferences", "/v1/preferences");
pub static TASKS: Does = TASKS_AS_ANY.with_tool_for_many();
const TASKS_AS_ANY: Does = does!(Tasks, "Tasks", "task", "tasks", "/v1/tasks");
pub static COMPLETE_TASK: Operation = TASKS.deed("complete_task", "/v1/tasks/{id}/complete");
pub static REOPEN_TASK: Operation = TASKS.deed("reopen_task", "/v1/tasks/{id}/reopen");

pub static GOALS: Does = GOALS_AS_ANY;
const GOALS_AS_ANY: Does = does!(Goals, "Goals", "goal", "goals", "/v1/goals");
pub static COMPLETE_GOAL: Operation = GOALS.deed("complete_goal", "/v1/goals/{id}/complete");
pub static REOPEN_GOAL: Operation = GOALS.deed("reopen_goal", "/v1/goals/{id}/reopen");

/// What a goal takes, as tasks: who calls makes the plan.
pub static DECOMPOSE_GOAL: Operation = Operation {
    name: "decompose_goal",
    tool: "decompose_goal",
    method: "POST",
    path: "/v1/goals/decompose",
    ..GOALS_AS_ANY.get
};
pub static APPLY_GOAL_PLAN: Operation = Operation {
    name: "apply_goal_plan",
    tool: "apply_goal_plan",
    path: "/v1/goals/apply-plan",
    ..TASKS_AS_ANY.create
};

pub static LIFE_AREAS: Does = does!(LifeAreas, "Life areas", "life_area", "life_areas", "/v1/life-areas");
pub static ARCHIVE_LIFE_AREA: Operation = LIFE_AREAS.deed("archive_life_area", "/v1/life-areas/{id}/archive");

/// People choose their names, `batch` among them.
pub static COLLECTIONS: Does =
    Does { batch: None, ..does!(Collections, "Collections", "collection", "collections", "/v1/collections") };
pub static RECORDS: Does =
    does!(Collections, "Records", "record", "records", "/v1/collections/{collection}/records")
        .with_tool_for_many();

/// What only some nouns have.
static DEEDS: [&Operation; 5] =
    [&COMPLETE_TASK, &REOPEN_TASK, &COMPLETE_GOAL, &REOPEN_GOAL, &ARCHIVE_LIFE_AREA];

pub static MEMORIES: Does = Does {
    create: Operation { name: ADD_MEMORY, tool: ADD_MEMORY, ..MEMORIES_AS_ANY.create },
    batch: Some(Operation {
        name: "create_memories",
        tool: ADD_MEMORY,
        path: "/v1/memories/batch",
        ..MEMORIES_AS_ANY.create
    }),
    besides: " If the same is remembered already, that memory is answered, as it is.",
    ..MEMORIES_AS_ANY
};
const ADD_MEMORY: &str = "add_memory";
const MEMORIES_AS_ANY: Does = does!(Memories, "Memories", "memory", "memories", "/v1/memories");

pub static SEARCH_MEMORIES: Operation = Operation {
    name: "search_memory",
    tool: "search_memory",
    method: "POST",
    path: "/v1/memories/search",
    action: Action::Read,
    resource: Resource::Memories,
    noun: "memory",
    told_of: &[],
};

static NOUNS: [&Does; 8] =
    [&PROFILE, &PREFERENCES, &TASKS, &GOALS, &LIFE_AREAS, &MEMORIES, &COLLECTIONS, &RECORDS];

pub static QUERY_USER_STATS: Operation = tells("query_user_stats", "/v1/stats", &NOUNS);
pub static ANALYZE_PROGRESS: Operation = tells("analyze_progress", "/v1/progress", &[&TASKS]);
pub static LIST_TRASH: Operation = tells("list_trash", "/v1/trash", &NOUNS);
pub static BACKUP_USER_DATA: Operation =
    Operation { method: "POST", ..tells("backup_user_data", "/v1/backups", &NOUNS) };
/// What is due, for calendars that can send no key.
pub static SYNC_WITH_CALENDAR: Operation =
    Operation { method: "POST", ..tells("sync_with_calendar", "/v1/calendars", &[&TASKS, &GOALS]) };

const fn tells(name: &'static str, path: &'static str, told_of: &'static [&'static Does]) -> Operation {
    Operation { name, tool: name, path, told_of, ..TASKS_AS_ANY.list }
}

pub fn all() -> impl Iterator<Item = &'static Operation> {
    let beside = [
        &SEARCH_MEMORIES,
        &DECOMPOSE_GOAL,
        &APPLY_GOAL_PLAN,
        &QUERY_USER_STATS,
        &ANALYZE_PROGRESS,
        &LIST_TRASH,
        &BACKUP_USER_DATA,
        &SYNC_WITH_CALENDAR,
    ];
    NOUNS.into_iter().flat_map(Does::each).chain(beside).chain(DEEDS)
}

/// How all that there are of each noun are listed.
pub fn lists() -> impl Iterator<Item = &'static Operation> {
    NOUNS.into_iter().map(|does| &does.list)
}

/// Where one of a noun is read: `/v1/tasks/{id}`.
pub fn place(noun: &str) -> Option<&'static str> {
    NOUNS.into_iter().find(|does| does.get.noun == noun).map(|does| does.get.path)
}

impl Operation {
    /// Whoever may do any of these may do it.
    pub fn needs(&self) -> impl Iterator<Item = &Self> {
        let own = self.told_of.is_empty().then_some(self);
        own.into_iter().chain(self.told_of.iter().map(|does| &does.list))
    }

    /// Whether a tool does just this.
    pub fn is_tool(&self) -> bool {
        self.name == self.tool
    }
}

impl Does {
    pub fn each(&self) -> impl Iterator<Item = &Operation> {
        let Self { list, get, create, batch, update, put, delete, restore, .. } = self;
        let many = |one| (!self.is_one).then_some(one);
        let all = [many(list), Some(get), many(create), Some(update), many(put), many(delete), many(restore)];
        all.into_iter().flatten().chain(batch)
    }

    const fn with_tool_for_many(mut self) -> Self {
        if let Some(batch) = &mut self.batch {
            batch.tool = batch.name;
        }
        self
    }

    /// A change of one of them that has a name.
    const fn deed(&self, name: &'static str, path: &'static str) -> Operation {
        Operation { name, tool: name, method: "POST", path, ..self.update }
    }
}
