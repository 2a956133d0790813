//! Every file in `templates/` is used: one that nobody renders is dead, one that is missing does not compile.

use std::fs;
use std::path::Path;

#[test]
fn no_template_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut found = Vec::new();
    for folder in fs::read_dir(root.join("templates")).unwrap() {
        let folder = folder.unwrap().path();
        for file in fs::read_dir(&folder).unwrap() {
            found.push(file.unwrap().path().strip_prefix(root.join("templates")).unwrap().to_owned());
        }
    }
    found.sort();
    let used = [
        ("clients/mcpb.mjs", "functions/connections/src/mcpb.rs"),
        ("dashboard/consent.html", "functions/oauth/src/pages.rs"),
        ("dashboard/home.html", "functions/local/src/pages.rs"),
        ("dashboard/lists.css", "templates/dashboard/home.html"),
        ("dashboard/not_done.html", "functions/local/src/pages.rs"),
        ("dashboard/onward.html", "functions/local/src/pages.rs"),
        ("dashboard/page.html", "templates/dashboard/home.html"),
        ("dashboard/sign_in_first.html", "functions/oauth/src/pages.rs"),
        ("dashboard/stopped.html", "functions/oauth/src/pages.rs"),
        ("dashboard/webhook.html", "functions/local/src/pages/webhook.rs"),
        ("icons/larder.svg", "functions/mcp/src/server.rs"),
        ("instructions/mcp.md", "functions/mcp/src/server.rs"),
        ("plans/any.json", "shared/domain/src/plan/template.rs"),
        ("plans/ask.md", "shared/domain/src/plan/asking.rs"),
        ("plans/build.json", "shared/domain/src/plan/template.rs"),
        ("plans/event.json", "shared/domain/src/plan/template.rs"),
        ("plans/habit.json", "shared/domain/src/plan/template.rs"),
        ("plans/health.json", "shared/domain/src/plan/template.rs"),
        ("plans/learn.json", "shared/domain/src/plan/template.rs"),
        ("plans/move.json", "shared/domain/src/plan/template.rs"),
        ("prompts/daily_planning.md", "functions/mcp/src/prompts.rs"),
        ("prompts/decompose_goal.md", "functions/mcp/src/prompts.rs"),
        ("prompts/plan_from_memory.md", "functions/mcp/src/prompts.rs"),
        ("prompts/reflect.md", "functions/mcp/src/prompts.rs"),
        ("prompts/weekly_review.md", "functions/mcp/src/prompts.rs"),
        ("receivers/receiver.go", "functions/connections/src/handler.rs"),
        ("receivers/receiver.py", "functions/connections/src/handler.rs"),
        ("receivers/receiver.rs", "functions/connections/src/handler.rs"),
        ("receivers/receiver.ts", "functions/connections/src/handler.rs"),
    ];
    assert_eq!(found, used.map(|(template, _)| Path::new(template).to_owned()));
    for (template, user) in used {
        let name = Path::new(template).file_name().unwrap().to_str().unwrap();
        assert!(
            fs::read_to_string(root.join(user)).unwrap().contains(name),
            "{user} does not use {template}"
        );
    }
}
