use super::*;
use crate::id::TaskId;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

fn berlin() -> Zone {
    "Europe/Berlin".to_owned().try_into().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn task(nth: u8, title: &str, fields: Value) -> SeenTask {
    let mut task =
        json!({ "id": TaskId::from_bytes([nth; 16]), "version": 1, "status": "pending", "title": title });
    task.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(task).unwrap()
}

fn goal(id: &str, status: &str, date: &str) -> SeenGoal {
    serde_json::from_value(
        json!({ "id": id, "version": 1, "title": format!("Goal {id}"), "status": status, "target_date": date }),
    )
    .unwrap()
}

fn titles(section: &Section) -> Vec<&str> {
    section.items.iter().map(|line| line.title.as_deref().unwrap()).collect()
}

#[test]
fn a_day_is_told_by_the_clocks_of_its_owner() {
    let tasks = [
        task(1, "all day", json!({ "due": "2026-03-10" })),
        task(2, "at nine", json!({ "due": "2026-03-10T08:00:00Z" })),
        task(3, "of yesterday", json!({ "due": "2026-03-09T22:59:00Z", "status": "in_progress" })),
        task(4, "in the night", json!({ "due": "2026-03-09T23:00:00Z", "status": "blocked" })),
        task(5, "at work", json!({ "due": "2026-03-12", "status": "in_progress" })),
        task(6, "at leisure", json!({ "status": "in_progress" })),
        task(
            7,
            "done",
            json!({ "status": "completed", "completed_at": "2026-03-09T22:00:00Z", "due": "2026-03-10" }),
        ),
        task(8, "done too early", json!({ "status": "completed", "completed_at": "2026-03-08T22:00:00Z" })),
        task(
            9,
            "given up",
            json!({ "status": "cancelled", "completed_at": "2026-03-09T22:00:00Z", "due": "2026-03-10" }),
        ),
        task(10, "hidden", json!({ "status": null, "due": "2026-03-10" })),
        task(11, "later", json!({ "due": "2026-03-11" })),
    ];
    let goals = [
        goal("goal_b", "active", "2026-03-16"),
        goal("goal_a", "active", "2026-03-10"),
        goal("goal_c", "active", "2026-03-17"),
        goal("goal_d", "paused", "2026-03-10"),
        goal("goal_e", "active", "2026-03-09"),
    ];
    let daily = Daily::of(day("2026-03-10"), &berlin(), &tasks, &goals);
    assert_eq!(titles(&daily.due), ["in the night", "at nine", "all day"]);
    assert_eq!(titles(&daily.overdue), ["of yesterday"]);
    assert_eq!(titles(&daily.in_progress), ["at work", "at leisure"]);
    assert_eq!(titles(&daily.done_yesterday), ["done"]);
    assert_eq!(titles(&daily.goals), ["Goal goal_a", "Goal goal_b"]);
    let page = daily.markdown();
    assert!(page.starts_with("# Tuesday, 10 March 2026\n\n## Due\n\n- `task_"), "{page}");
    assert!(page.contains("` at nine (09:00)\n"), "{page}");
    assert!(page.contains("` of yesterday (2026-03-09)\n"), "{page}");
    let empty = Daily::of(day("9999-12-31"), &berlin(), &[], &[]).markdown();
    assert_eq!(empty, "# Friday, 31 December 9999\n\nNothing is due, in progress or done.\n");
}

#[test]
fn a_page_is_bounded() {
    let tasks: Vec<_> =
        (0..=255).map(|nth| task(nth, &"@".repeat(200), json!({ "due": "2026-03-10" }))).collect();
    let daily = Daily::of(day("2026-03-10"), &berlin(), &tasks, &[]);
    assert_eq!((daily.due.items.len(), daily.due.more), (50, 206));
    let page = daily.markdown();
    assert!(page.ends_with("- and 206 more\n") && page.len() < 5 * 50 * 500);
}

#[test]
fn an_address_does_not_become_a_link() {
    for (title, written) in [
        ("see https://a.b/c?d=e", r"see https\://a.b/c?d\=e"),
        ("WWW.a.b", r"WWW\.a.b"),
        ("me@a.b", r"me\@a.b"),
        ("left \u{202e}thgir", "left thgir"),
    ] {
        assert_eq!(text(title), written);
    }
}

/// What Markdown makes of the page: nothing but headings, one list, and text.
fn read(page: &str) -> Option<String> {
    let (mut text, mut depth) = (String::new(), 0);
    for event in Parser::new_ext(page, Options::all()) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::List(None))
            | Event::End(TagEnd::Heading(_) | TagEnd::List(_)) => {}
            Event::Start(Tag::Item) => depth += 1,
            Event::End(TagEnd::Item) => {}
            Event::Text(more) if depth == 1 => text.push_str(&more),
            Event::Text(_) | Event::Code(_) if depth <= 1 => {}
            _ => return None,
        }
    }
    (depth == 1).then_some(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_people_wrote_stays_text(
        title in "([ \t\n]|[!-/:-@\\[-`{-~]|[a-zA-Z0-9]|www\\.|https://a\\.b|<b>|&amp;|- |# |1\\. |\\[x\\]\\(y\\)|\\*\\*a\\*\\*|_a_|`a`|~~a~~|~~|==|\\$x\\$|:a:|\\|){0,20}"
    ) {
        let task = task(1, &title, json!({ "due": "2026-03-10" }));
        let page = Daily::of(day("2026-03-10"), &berlin(), [&task], &[]).markdown();
        let words: Vec<_> = title.split_whitespace().collect();
        let shown = read(&page);
        let shown = shown.as_deref().map(str::trim).map(|text| text.replace(['“', '”'], "\"").replace(['‘', '’'], "'"));
        let shown = shown.map(|text| text.replace('…', "...").replace('—', "---").replace('–', "--"));
        prop_assert_eq!(shown, Some(words.join(" ")), "{}", page);
    }
}
