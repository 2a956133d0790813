//! What only goals have, in words, types and examples.

use super::nouns::of;
use domain::operation::{APPLY_GOAL_PLAN, DECOMPOSE_GOAL};
use serde_json::json;
use web::openapi::Operation;
use web::{Applied, Applying, Decomposed, Decomposing};

pub(super) fn plans() -> [Operation; 2] {
    let id = "goal_06hhgq2g000000000000000000";
    let task = "task_06hhgq2g000000000000000000";
    let planned = json!({ "ref": "t1", "title": "Find a teacher", "due_offset_days": 7 });
    let plan = json!({ "suggested_tasks": [planned] });
    let goal = json!({ "title": "Speak Italian", "target_date": "2027-06-30" });
    let decompose = of(
        &DECOMPOSE_GOAL,
        "What to make a plan of: a prompt and a schema, or a usual plan of its kind",
    )
    .repeatable()
    .may_wait()
    .takes::<Decomposing>(
        json!({ "goal_description": "Speak Italian", "method": "template", "max_tasks": 5 }),
    )
    .answers::<Decomposed>(
        200,
        json!({ "status": "planned", "method": "template", "plan": plan, "next_tool": "apply_goal_plan" }),
    )
    .in_all_forms();
    let apply = of(
        &APPLY_GOAL_PLAN,
        "Make the tasks of a plan, all of them or none, for a goal that there is or is made with them",
    )
    .repeatable()
    .takes::<Applying>(json!({ "goal": goal, "plan": plan }))
    .answers::<Applied>(
        201,
        json!({ "id": id, "version": 1, "tasks": [{ "ref": "t1", "id": task, "version": 1 }] }),
    )
    .in_all_forms();
    [decompose, apply]
}
