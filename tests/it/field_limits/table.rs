//! The table: each noun, each of its fields, and how much it holds.

use super::limit::{
    Limit, bytes, clock, day, due, entry, flag, inside, limit, list, number, other, text, word,
};
use serde_json::{Value, json};

/// A noun: where it lies, what its tools are called, and what one is made of besides the field in question.
pub(super) struct Noun {
    pub(super) path: &'static str,
    pub(super) tool: &'static str,
    pub(super) base: fn(usize) -> Value,
    pub(super) limits: Vec<Limit>,
}

/// `ids` are those of tasks that there are.
pub(super) fn nouns(ids: &[String]) -> [Noun; 8] {
    [task(ids), goal(), life_area(), memory(), collection(), record(ids), profile(), preferences()]
}

fn external_ref() -> Vec<Limit> {
    let field = "external_ref";
    vec![
        inside(field, text("card", 1, 60), |card| json!({ "card": card, "id": "1" })),
        inside(field, text("id", 1, 200), |id| json!({ "card": "app", "id": id })),
        inside(field, text("url", 1, 2000), |url| json!({ "card": "app", "id": "1", "url": url })),
    ]
}

fn task(ids: &[String]) -> Noun {
    let limits = vec![
        text("title", 1, 200),
        text("description", 0, 4000),
        word("status", &["pending", "in_progress", "blocked", "completed", "cancelled"]),
        word("priority", &["low", "medium", "high", "urgent"]),
        list("labels", 20, |nth| json!(format!("label {nth}"))),
        entry("labels", text("", 1, 60)),
        list("depends_on", 20, |nth| json!(ids[nth])),
        due("due"),
        due("scheduled_for"),
        due("deadline"),
        other("goal_id", "goal_00000000000000000000000000"),
        other("parent_id", "task_00000000000000000000000000"),
        other("life_area_id", "area_00000000000000000000000000"),
        number("estimated_minutes", 0, 527_040),
        number("actual_minutes", 0, 527_040),
        limit(
            "recurrence",
            [
                "FREQ=DAILY;INTERVAL=2",
                "FREQ=DAILY;INTERVAL=366",
                "FREQ=DAILY;COUNT=1",
                "FREQ=DAILY;COUNT=1000",
            ]
            .map(Value::from),
            [
                "FREQ=DAILY;INTERVAL=0",
                "FREQ=DAILY;INTERVAL=367",
                "FREQ=DAILY;COUNT=0",
                "FREQ=DAILY;COUNT=1001",
                "",
            ]
            .map(Value::from),
        ),
        number("position", 0, 1_000_000_000),
    ];
    let base = |_| json!({ "title": "A task", "due": "2027-01-15" });
    Noun { path: "/v1/tasks", tool: "task", base, limits: limits.into_iter().chain(external_ref()).collect() }
}

fn goal() -> Noun {
    let limits = vec![
        text("title", 1, 200),
        text("description", 0, 4000),
        word("status", &["active", "paused", "completed", "abandoned"]),
        word("priority", &["low", "medium", "high", "urgent"]),
        word("progress_mode", &["manual", "auto"]),
        number("progress", 0, 100),
        list("success_criteria", 10, |nth| json!(format!("{nth}"))),
        entry("success_criteria", text("", 1, 500)),
        list("tags", 20, |nth| json!(format!("{nth}"))),
        entry("tags", text("", 1, 60)),
        bytes("metadata", 4096, |text| json!({ "text": text })),
        day("start_date"),
        day("target_date"),
        other("parent_id", "goal_00000000000000000000000000"),
        other("life_area_id", "area_00000000000000000000000000"),
    ];
    let base = |_| json!({ "title": "A goal", "progress_mode": "manual" });
    Noun { path: "/v1/goals", tool: "goal", base, limits }
}

fn life_area() -> Noun {
    let limits = vec![
        text("name", 1, 60),
        number("weight", 0, 100),
        flag("is_archived"),
        text("description", 0, 4000),
        text("icon", 1, 40),
        limit("color", [json!("#1e90ff")], ["#1e90f", "#1e90fff", "1e90ff", "#1e90fg", ""].map(Value::from)),
        number("position", 0, 1_000_000_000),
    ];
    let base = |nth| json!({ "name": format!("Area {nth}") });
    Noun { path: "/v1/life-areas", tool: "life_area", base, limits }
}

fn memory() -> Noun {
    let limits = vec![
        text("content", 1, 8000),
        word("type", &["reflection", "fact", "preference", "decision", "event", "note", "insight"]),
        limit("importance", [json!(0.0), json!(1.0), json!(0.25)], [json!(-0.01), json!(1.01), json!("1")]),
        list("tags", 20, |nth| json!(format!("{nth}"))),
        entry("tags", text("", 1, 60)),
        bytes("metadata", 4096, |text| json!({ "text": text })),
        text("title", 1, 200),
        due("occurred_at"),
        text("origin", 1, 200),
        other("life_area_id", "area_00000000000000000000000000"),
        limit("expires_at", [json!("9999-12-31")], ["10000-01-01", "0000-12-31", "soon"].map(Value::from)),
        other("supersedes", "mem_00000000000000000000000000"),
    ];
    // What is remembered already is not remembered twice.
    let base = |nth| json!({ "content": format!("Memory {nth}") });
    Noun { path: "/v1/memories", tool: "memory", base, limits }
}

fn collection() -> Noun {
    let names = ["a".to_owned(), "a".repeat(48)].map(Value::from);
    let wrong = ["", "A", "1a", "_a", "a-b", "ä", "..", "a/b", "a\u{0}", &"a".repeat(49)].map(Value::from);
    let fields = ["a".to_owned(), "_B1".to_owned(), "a".repeat(60)].map(Value::from);
    let no_fields = ["", "1a", "a-b", "ä", "limit", "sort", "tag", &"a".repeat(61)].map(Value::from);
    let limits = vec![
        limit("name", names, wrong),
        text("title", 1, 200),
        word("sensitivity", &["normal"]),
        list("indexed_fields", 4, |nth| json!(format!("field_{nth}"))),
        entry("indexed_fields", limit("", fields, no_fields)),
        bytes("json_schema", 16 * 1024, |text| json!({ "type": "object", "description": text })),
    ];
    let base = |nth| json!({ "name": format!("things{nth}") });
    Noun { path: "/v1/collections", tool: "collection", base, limits }
}

fn record(ids: &[String]) -> Noun {
    let link = |relation| json!([{ "kind": "task", "id": ids[0], "relation": relation }]);
    let relation = text("relation", 1, 60);
    let fails = relation.fails.into_iter().map(|(value, _)| (link(value), "/links/0".to_owned())).collect();
    let relation =
        Limit { field: "links".to_owned(), works: relation.works.into_iter().map(link).collect(), fails };
    let limits = vec![
        bytes("data", 64 * 1024, |text| json!({ "text": text })),
        list("tags", 20, |nth| json!(format!("{nth}"))),
        entry("tags", text("", 1, 60)),
        list("links", 20, |nth| json!({ "kind": "task", "id": ids[nth] })),
        relation,
    ];
    let base = |_| json!({ "data": {} });
    let limits = limits.into_iter().chain(external_ref()).collect();
    Noun { path: "/v1/collections/kept/records", tool: "record", base, limits }
}

fn profile() -> Noun {
    let hours = |from, to| json!({ "from": from, "to": to });
    let days = list("days", 7, |_| json!("mon"));
    let days = Limit { works: days.works.into_iter().skip(1).collect(), ..days };
    let limits = vec![
        text("display_name", 1, 100),
        text("pronouns", 1, 40),
        word("time_zone", &["UTC", "Europe/Vienna"]),
        limit(
            "locale",
            ["en", "de-AT", &format!("en-abcdefgh{}", "-abcdefg".repeat(3))].map(Value::from),
            ["e", "english", "en-", &format!("en{}", "-abcdefgh".repeat(4))].map(Value::from),
        ),
        word("week_start", &["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        inside("work_hours", clock("from"), |from| hours(from, json!("12:00"))),
        inside("work_hours", clock("to"), |to| hours(json!("12:00"), to)),
        inside("work_hours", days, |days| json!({ "days": days, "from": "08:00", "to": "17:00" })),
        text("about", 0, 2000),
    ];
    Noun { path: "/v1/profile", tool: "profile", base: |_| json!({}), limits }
}

fn preferences() -> Noun {
    let notify = |field: &str, value| {
        let mut all = json!({ "reminders": true, "daily_summary": false });
        all[field] = value;
        all
    };
    let ai = |field: &str, value| {
        let mut all = json!({ "allow_provider": false, "provider_order": [], "allow_sampling": false });
        all[field] = value;
        all
    };
    let quiet = |limit| inside("quiet_hours", limit, |from| json!({ "from": from, "to": "07:00" }));
    let limits = vec![
        word("tone", &["friendly", "coach", "minimal", "professional"]),
        other("default_life_area_id", "area_00000000000000000000000000"),
        number("daily_capacity_minutes", 0, 1440),
        clock("planning_time"),
        inside("notifications", flag("reminders"), |it| notify("reminders", it)),
        inside("notifications", flag("daily_summary"), |it| notify("daily_summary", it)),
        inside("notifications", quiet(clock("from")), |it| notify("quiet_hours", it)),
        inside("ai", flag("allow_provider"), |it| ai("allow_provider", it)),
        inside("ai", flag("allow_sampling"), |it| ai("allow_sampling", it)),
        inside("ai", list("provider_order", 10, |nth| json!(format!("{nth}"))), |it| {
            ai("provider_order", it)
        }),
        inside("memory", word("auto_save", &["ask", "always", "never"]), |it| json!({ "auto_save": it })),
        inside(
            "memory",
            number("retention_days", 1, 36_500),
            |it| json!({ "auto_save": "ask", "retention_days": it }),
        ),
    ];
    Noun { path: "/v1/preferences", tool: "preferences", base: |_| json!({}), limits }
}
