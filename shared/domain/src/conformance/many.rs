//! An owner with as many tasks as one likes: what a list or an item costs does not grow with them.

use crate::id::{GoalId, OpId, OwnerId, RequestId, TaskId};
use crate::noun::Noun as _;
use crate::shelf::{Shelf, Source, Writer};
use crate::table::{Expect, Table, Write};
use crate::task::Task;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::env::VarError;
use std::ops::Range;

/// What lists are asked for, besides an item by its id: 20 of each are there.
pub const LISTS: [&str; 6] = [
    "",
    "status=completed",
    "status=open",
    "sort=due",
    "due_before=2027-04-01",
    "goal_id=goal_00000000000000000000000000",
];

const IN_ONE_WRITE: u32 = 100;

/// How many there are to be: as it is said, else enough to tell the difference.
pub fn many(said: Result<String, VarError>) -> u32 {
    said.ok().and_then(|many| many.parse().ok()).unwrap_or(3_000)
}

/// Of each kind some; answers the last.
pub async fn fill(table: &dyn Table, owner: OwnerId, many: u32) -> TaskId {
    fill_with(table, owner, 0..many, task).await
}

/// Written as the desk writes them, many at once; answers the last.
pub async fn fill_with(
    table: &dyn Table,
    owner: OwnerId,
    nths: Range<u32>,
    task: impl Fn(u32) -> Value,
) -> TaskId {
    let at = Timestamp::from_second(1_790_000_000).unwrap();
    for start in nths.clone().step_by(IN_ONE_WRITE as usize) {
        let op = OpId::new(at, bytes(start));
        let request = RequestId::new(at, bytes(start));
        let source = Source::of(None, request);
        let writer = Writer { at, source, op };
        let puts = (start..nths.end.min(start + IN_ONE_WRITE)).map(|nth| {
            let task = serde_json::from_value(task(nth)).unwrap();
            let task = Task::new(TaskId::new(at, bytes(nth)), task, &writer);
            Write::Put(Shelf::new(table, owner).put(task, Expect::Absent).unwrap().1)
        });
        table.transact(puts.collect(), op).await.unwrap();
    }
    TaskId::new(at, bytes(nths.end - 1))
}

/// What a read cost the store.
pub struct Cost {
    pub path: String,
    pub calls: u64,
    pub bytes: u64,
}

/// Each read costs the same beside few tasks and beside many, bytes but for a tenth. Answers lines that say so.
pub fn compared(few: &[Cost], many: &[Cost], tasks: u32) -> String {
    let mut said = String::new();
    for (Cost { path, calls, bytes }, of_many) in few.iter().zip(many) {
        assert_eq!(*calls, of_many.calls, "{path}");
        let read = of_many.bytes;
        assert!(read.abs_diff(*bytes) * 10 <= *bytes, "{path}: {bytes} bytes, {read} beside {tasks}");
        said += &format!("reads\t{path}\t{tasks}\t{calls}\t{bytes}\t{calls}\t{read}\n");
    }
    said
}

fn task(nth: u32) -> Value {
    let status = ["pending", "in_progress", "blocked", "completed", "cancelled"][nth as usize % 5];
    let due = jiff::civil::date(2027, 2, 1).saturating_add(jiff::Span::new().days(nth % 1000));
    // A hundred tasks each.
    let goal = GoalId::new(Timestamp::UNIX_EPOCH, bytes(nth / 100));
    json!({ "title": format!("Task {nth:08}"), "status": status, "due": due, "goal_id": goal })
}

fn bytes(nth: u32) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[6..].copy_from_slice(&nth.to_be_bytes());
    bytes
}
