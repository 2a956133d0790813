//! Fills the stand-in for AWS through the same code that the functions use, and prints the key of a connection that
//! may read: so the measuring knows no format of a row. Takes the environment of a function, and how many memories there
//! are to be.

use aws::Ports;
use domain::connection::{ApiConfig, Connection, Face, NewConnection, NewKey};
use domain::id::{ConnectionId, MemoryId, OpId, OwnerId, RequestId, TaskId};
use domain::key::GenuineKey;
use domain::memory::{Memory, NewMemory};
use domain::noun::{Desk, Noun as _, Rules as _};
use domain::shelf::{Shelf, Source, Writer};
use domain::table::{Expect, Places, Put, Table};
use domain::task::{NewTask, Task};
use secrecy::ExposeSecret as _;
use serde_json::json;
use std::env;
use std::io::{self, Write as _};

const WORDS: [&str; 16] = [
    "anna", "bo", "tea", "garden", "bicycle", "morning", "doctor", "allergy", "invoice", "school", "piano",
    "winter", "train", "lamp", "bread", "meeting",
];

/// A page and one more.
const TASKS: u8 = 21;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    let ports = Ports::from_env()?;
    let (table, keys, now) = (ports.table()?, ports.data_keys()?, ports.clock().now());
    let op = |nth: u8| OpId::new(now, [nth; 10]);
    let owner = OwnerId::of("bench", "bench");
    let id = ConnectionId::new(now, [0; 10]);
    let key = GenuineKey::issue(owner, id, [0; 16]);
    let by = |nth: u8| {
        let source = Source::of(Some(id), RequestId::new(now, [nth; 10]));
        Writer { at: now, source, op: op(nth) }
    };
    let limits = r#"{ "burst": null, "per_hour": null, "per_day": null }"#;
    let new = format!(r#"{{ "kind": "api", "name": "bench", "limits": {limits} }}"#);
    let settings = serde_json::from_str::<NewConnection>(&new)?.checked(now)?;
    let stored = NewKey { hash: key.hash(), ends_with: String::new() };
    let face = Face::Api { config: ApiConfig::default() };
    let connection = Connection::new(id, owner, settings, face, stored, &by(0));
    // Without its gate: the stand-in lets every call in.
    let (_, put) = Shelf::new(&*table, owner).put(connection, Expect::Absent)?;
    table.put(put, op(0)).await?;
    for nth in 1..=TASKS {
        let writer = by(nth);
        let task: NewTask = serde_json::from_str(r#"{ "title": "Water the plants" }"#)?;
        let task = Task::new(TaskId::new(now, [nth; 10]), task, &writer);
        Desk { table: &*table, owner, writer, eyes: None, restores: false, along: &[] }
            .create(task, |_| Ok(()), |_| Ok(Vec::new()))
            .await?;
    }
    let many = env::args().nth(1).map_or(Ok(0), |many| many.parse())?;
    for nth in 0..many {
        remember(&*table, owner, nth, &by(0)).await?;
    }
    let signing = keys.signing_or_make(op(0)).await?;
    writeln!(io::stdout(), "{}", key.text(signing).expose_secret())?;
    Ok(())
}

fn word(nth: u32) -> &'static str {
    WORDS.get(nth as usize % WORDS.len()).copied().unwrap_or_default()
}

/// A memory of 45 words and its entry, one write each: the stand-in knows no transactions.
async fn remember(table: &dyn Table, owner: OwnerId, nth: u32, writer: &Writer) -> Result<(), aws::Error> {
    let words: Vec<_> =
        (1..46).map(|step| format!("{}{}", word(nth * step + step), nth % (7 * step))).collect();
    let new: NewMemory = serde_json::from_value(
        json!({ "content": format!("{nth} {}", words.join(" ")), "tags": ["bench"] }),
    )?;
    let mut bytes = [0; 10];
    bytes[6..].copy_from_slice(&nth.to_be_bytes());
    let memory = Memory::new(MemoryId::new(writer.at, bytes), new, writer);
    let op = OpId::new(writer.at, bytes);
    let entry = memory.entry(owner).map(|(key, body)| Put {
        key,
        body,
        places: Places::new(),
        expires: None,
        expect: Expect::Absent,
    });
    let (_, put) = Shelf::new(table, owner).put(memory, Expect::Absent)?;
    for put in entry.into_iter().chain([put]) {
        table.put(put, op).await?;
    }
    Ok(())
}
