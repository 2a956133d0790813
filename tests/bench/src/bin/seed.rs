//! Fills the stand-in for AWS through the same code that the functions use, and prints the key of a connection that
//! may read: so the measuring knows no format of a row. Takes the environment of a function.

use aws::Ports;
use domain::connection::{ApiConfig, Connection, Face, NewConnection, NewKey};
use domain::id::{ConnectionId, OpId, OwnerId, RequestId, TaskId};
use domain::key::GenuineKey;
use domain::noun::{Desk, Noun as _};
use domain::shelf::{Shelf, Source, Writer};
use domain::table::Expect;
use domain::task::{NewTask, Task};
use secrecy::ExposeSecret as _;
use std::io::{self, Write as _};

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
        Desk { table: &*table, owner, writer, eyes: None }.create(task, |_| Ok(()), |_| Ok(None)).await?;
    }
    let signing = keys.signing_or_make(op(0)).await?;
    writeln!(io::stdout(), "{}", key.text(signing).expose_secret())?;
    Ok(())
}
