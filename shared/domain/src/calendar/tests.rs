use super::*;
use crate::id::TaskId;
use icalendar::{CalendarComponent, Component as _, DatePerhapsTime};
use proptest::prelude::*;
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-03-01T12:00:00Z")
}

fn berlin() -> Zone {
    "Europe/Berlin".to_owned().try_into().unwrap()
}

fn task(nth: u8, fields: Value) -> SeenTask {
    let mut task = json!({ "id": TaskId::from_bytes([nth; 16]), "version": 3, "title": "Buy milk", "status": "pending" });
    task.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(task).unwrap()
}

fn feed(tasks: &[SeenTask], now: Timestamp, owner: &Zone) -> String {
    super::feed(tasks, &[], now, owner)
}

fn goal(nth: u8, fields: Value) -> SeenGoal {
    let mut goal = json!({ "id": format!("goal_{nth}"), "version": 2, "title": "Swim", "status": "active" });
    goal.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(goal).unwrap()
}

#[test]
fn goals_that_are_to_be_reached_stand_between_tasks() {
    let tasks = [task(1, json!({ "due": "2026-03-02" })), task(2, json!({ "due": "2026-03-04" }))];
    let goals = [
        goal(1, json!({ "target_date": "2026-03-03" })),
        goal(2, json!({ "target_date": "2026-03-03", "status": "completed" })),
        goal(3, json!({ "target_date": "2026-03-03", "status": null })),
        goal(4, json!({ "target_date": "2025-11-01" })),
        goal(5, json!({})),
    ];
    let feed = super::feed(&tasks, &goals, now(), &berlin());
    let titles: Vec<_> = events(&feed).iter().map(|event| event.get_summary().unwrap().to_owned()).collect();
    assert_eq!(titles, ["Buy milk", "Swim", "Buy milk"], "{feed}");
    assert!(feed.contains(
        "UID:goal_1@larder\r\nSEQUENCE:2\r\nDTSTAMP:20260302T230000Z\r\nDTSTART;VALUE=DATE:20260303\r\n"
    ));
}

fn events(feed: &str) -> Vec<icalendar::Event> {
    let calendar: icalendar::Calendar = feed.parse().unwrap_or_else(|error| panic!("{error}: {feed}"));
    let event = |part: &CalendarComponent| part.as_event().cloned().unwrap();
    calendar.components.iter().map(event).collect()
}

#[test]
fn a_day_is_all_of_it_and_a_time_is_a_moment() {
    let tasks = [
        task(
            1,
            json!({ "due": "2026-03-02T09:00:00[America/New_York]", "updated_at": "2026-02-01T00:00:00Z" }),
        ),
        task(2, json!({ "due": "2026-03-01", "labels": ["a,b", "c"], "priority": "urgent" })),
    ];
    let feed = feed(&tasks, now(), &berlin());
    let [day, time] = &events(&feed)[..] else { panic!("{feed}") };
    assert_eq!(day.property_value("DTSTART"), Some("20260301"));
    assert!(matches!(day.get_start(), Some(DatePerhapsTime::Date(_))));
    assert_eq!(day.property_value("DTEND"), Some("20260302"));
    assert_eq!(
        day.property_value("DTSTAMP"),
        Some("20260228T230000Z"),
        "when the day begins, nothing else being seen"
    );
    assert_eq!(day.property_value("PRIORITY"), Some("1"));
    assert!(feed.contains("CATEGORIES:a\\,b,c\r\n"));
    assert_eq!(time.property_value("DTSTART"), Some("20260302T140000Z"));
    assert_eq!(time.property_value("DTEND"), Some("20260302T143000Z"));
    assert_eq!(time.property_value("DTSTAMP"), Some("20260201T000000Z"));
    assert_eq!(time.get_uid(), Some(format!("{}@larder", tasks[0].id).as_str()));
    assert_eq!(time.property_value("SEQUENCE"), Some("3"));
}

#[test]
fn only_what_is_open_due_and_seen_is_in_it() {
    let tasks = [
        task(1, json!({ "due": "2026-03-02", "status": "completed" })),
        task(2, json!({ "due": "2026-03-02", "status": "cancelled" })),
        task(3, json!({ "due": "2026-03-02", "status": null })),
        task(4, json!({})),
        task(5, json!({ "due": "2025-11-01" })),
        task(6, json!({ "due": "9999-12-31", "title": null })),
        task(7, json!({ "due": "2026-02-01", "status": "blocked" })),
    ];
    let feed = feed(&tasks, now(), &berlin());
    let titles: Vec<_> = events(&feed).iter().map(|event| event.get_summary().unwrap().to_owned()).collect();
    assert_eq!(titles, ["Buy milk", "Due"], "{feed}");
    assert!(events(&self::feed(&[], now(), &berlin())).is_empty());
}

#[test]
fn a_feed_is_bounded_and_begins_with_what_is_next() {
    let long = "ü".repeat(4_000);
    let many: Vec<_> = (0..1_500u32)
        .map(|nth| {
            let due = (now() + SignedDuration::from_hours(i64::from(1_500 - nth))).to_string();
            let labels: Vec<_> = (0..20).map(|_| "\u{1f600}".repeat(60)).collect();
            let mut task = task(
                0,
                json!({ "due": due, "description": long, "labels": labels, "title": format!("{nth}") }),
            );
            task.id = TaskId::new(now(), u128::from(nth).to_be_bytes()[6..].try_into().unwrap());
            task
        })
        .collect();
    let feed = feed(&many, now(), &berlin());
    assert!(feed.len() < 4_100_000, "{}", feed.len());
    assert_eq!(events(&feed).first().unwrap().get_summary(), Some("1499"));
    let small: Vec<_> =
        many.into_iter().map(|task| SeenTask { labels: vec![], description: None, ..task }).collect();
    assert_eq!(events(&self::feed(&small, now(), &berlin())).len(), 1_000);
}

proptest! {
    #[test]
    fn another_party_reads_what_was_written(
        title in "[ -~äöü\u{1f600}\u{2028}\n\t\\\\;,:\"]{1,200}", description in "[ -~ü\n;,\\\\]{0,300}", label in "[ -~;,]{1,60}"
    ) {
        let task = task(1, json!({ "due": "2026-03-02", "title": title, "description": description, "labels": [label] }));
        let feed = feed(&[task], now(), &berlin());
        for line in feed.split("\r\n") {
            prop_assert!(line.len() <= 75, "{}", line);
            prop_assert!(!line.contains(['\r', '\n']));
        }
        prop_assert!(feed.ends_with("\r\nEND:VCALENDAR\r\n"));
        let unfolded = feed.replace("\r\n ", "");
        let lines: Vec<_> = unfolded.split_terminator("\r\n").collect();
        prop_assert_eq!(lines.iter().filter(|line| **line == "BEGIN:VEVENT").count(), 1);
        let value = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)).map(read);
        prop_assert_eq!(value("SUMMARY:"), Some(title));
        prop_assert_eq!(value("DESCRIPTION:").unwrap_or_default(), description);
        prop_assert_eq!(value("CATEGORIES:"), Some(label));
        prop_assert_eq!(events(&feed).len(), 1);
    }
}

/// As RFC 5545, 3.3.11 says.
fn read(text: &str) -> String {
    let (mut read, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => read.push('\n'),
                Some(escaped @ ('\\' | ';' | ',')) => read.push(escaped),
                other => panic!("an escape of {other:?}"),
            },
            ',' | ';' => panic!("a bare {letter}"),
            letter => read.push(letter),
        }
    }
    read
}
