//! Due tasks and goals as a calendar that apps subscribe to (RFC 5545). They are events: what Google's, Apple's and
//! Microsoft's calendars are sent as to-dos in a feed they do not show.

use crate::analytics::{SeenGoal, SeenTask};
use crate::task::Priority;
use crate::when_due::Due;
use crate::zone::Zone;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// Of one feed, the next ones that are due.
const MOST_EVENTS: usize = 1_000;
/// What a Lambda can answer, with room to spare.
const MOST_BYTES: usize = 4_000_000;
/// What was due longer ago is left out.
const LOOKS_BACK: SignedDuration = SignedDuration::from_hours(24 * 90);
/// A time is a moment, but an event without length is hardly seen.
const LENGTH: SignedDuration = SignedDuration::from_mins(30);
/// Days begin and end at other times elsewhere.
const AROUND: SignedDuration = SignedDuration::from_hours(48);
const MOST_DESCRIPTION: usize = 500;

/// What was due before this day has no part in it, wherever its owner is.
pub fn looks_back_to(now: Timestamp) -> Date {
    let back = now.saturating_sub(LOOKS_BACK + AROUND).unwrap_or(now);
    back.to_zoned((*Zone::UTC).clone()).date()
}

/// What is open and due at some time.
struct Event<'a> {
    id: String,
    version: u64,
    updated_at: Option<Timestamp>,
    due: Cow<'a, Due>,
    title: Option<&'a str>,
    description: Option<&'a str>,
    labels: &'a [String],
    priority: Option<Priority>,
}

impl<'a> Event<'a> {
    fn of_task(task: &'a SeenTask) -> Option<Self> {
        let due = Cow::Borrowed(task.due.as_ref().filter(|_| task.is_open())?);
        let SeenTask { version, updated_at, labels, priority, .. } = task;
        let (title, description) = (task.title.as_deref(), task.description.as_deref());
        let (&version, &updated_at, &priority) = (version, updated_at, priority);
        Some(Self { id: task.id.to_string(), version, updated_at, due, title, description, labels, priority })
    }

    fn of_goal(goal: &'a SeenGoal) -> Option<Self> {
        let due = Cow::Owned(Due::Day(goal.target_date.filter(|_| goal.is_active())?));
        let &SeenGoal { version, updated_at, .. } = goal;
        let (id, title) = (goal.id.clone(), goal.title.as_deref());
        Some(Self { id, version, updated_at, due, title, description: None, labels: &[], priority: None })
    }
}

/// The same tasks and goals make the same text.
pub fn feed(tasks: &[SeenTask], goals: &[SeenGoal], now: Timestamp, owner: &Zone) -> String {
    let due = tasks.iter().filter_map(Event::of_task).chain(goals.iter().filter_map(Event::of_goal));
    let due = due.map(|event| (event.due.ends(owner), event));
    let mut due: Vec<_> =
        due.filter(|(ends, _)| *ends >= now.saturating_sub(LOOKS_BACK).unwrap_or(now)).collect();
    due.sort_by(|(ends, event), (others, other)| (ends, &event.id).cmp(&(others, &other.id)));
    let mut text = String::new();
    for fixed in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Larder//Larder//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Larder",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ] {
        line(&mut text, fixed);
    }
    for (_, event) in due.into_iter().take(MOST_EVENTS) {
        if text.len() > MOST_BYTES {
            break;
        }
        event.put_in(&mut text, owner);
    }
    line(&mut text, "END:VCALENDAR");
    text
}

impl Event<'_> {
    fn put_in(&self, text: &mut String, owner: &Zone) {
        let mut put = |name: &str, value: &str| line(text, &format!("{name}:{value}"));
        put("BEGIN", "VEVENT");
        put("UID", &format!("{}@larder", self.id));
        put("SEQUENCE", &self.version.to_string());
        put("DTSTAMP", &moment(self.updated_at.unwrap_or_else(|| self.due.begins(owner))));
        match &*self.due {
            // Without an end, Outlook takes it for midnight.
            Due::Day(day) => {
                put("DTSTART;VALUE=DATE", &day.strftime("%Y%m%d").to_string());
                if let Ok(next) = day.tomorrow() {
                    put("DTEND;VALUE=DATE", &next.strftime("%Y%m%d").to_string());
                }
            }
            time => {
                let start = time.ends(owner);
                put("DTSTART", &moment(start));
                put("DTEND", &moment(start.saturating_add(LENGTH).unwrap_or(start)));
            }
        }
        put("SUMMARY", &escaped(self.title.unwrap_or("Due")));
        if let Some(description) = self.description.filter(|text| !text.is_empty()) {
            put("DESCRIPTION", &escaped(&shortened(description)));
        }
        if !self.labels.is_empty() {
            let labels: Vec<_> = self.labels.iter().map(|label| escaped(label)).collect();
            put("CATEGORIES", &labels.join(","));
        }
        if let Some(priority) = self.priority {
            put("PRIORITY", from_one_to_nine(priority));
        }
        // It takes nobody's time away.
        put("TRANSP", "TRANSPARENT");
        put("END", "VEVENT");
    }
}

const fn from_one_to_nine(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "1",
        Priority::High => "3",
        Priority::Medium => "5",
        Priority::Low => "9",
    }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_DESCRIPTION) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() && c != '\t' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Of 75 bytes at most; what is longer goes on behind a line break and a space.
fn line(text: &mut String, content: &str) {
    const MOST: usize = 75;
    let mut used = 0;
    for c in content.chars() {
        if used + c.len_utf8() > MOST {
            text.push_str("\r\n ");
            used = 1;
        }
        used += c.len_utf8();
        text.push(c);
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests;
