//! Calls that wait for their owner's word, and what carries that word to where they are done.

mod kept;
mod run;

pub(crate) use kept::Kept;
pub use kept::{Waiting, ask};
pub use run::run;

pub(crate) use run::Run;

use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use domain::approval::{Approval, View};
use domain::connection::Connection;
use domain::id::{ApprovalId, OwnerId};
use domain::shelf::Entity as _;
use domain::table::{Expect, Expiry, Put, Write};
use domain::{Error, Result, schema};
use futures_util::future::join;
use jiff::Timestamp;
use serde_json::{Value, json};

/// An owner's yes to one call. It is used up in the transaction of what it allows, so that there is one or the other
/// twice, or none.
#[derive(Clone)]
pub struct Approved {
    /// Uses it up.
    done: Write,
    /// Whether it still holds, for what is only a part of it.
    holds: Option<Write>,
    /// The version of what it was said about.
    seen: Option<u64>,
    /// What the parts are known by when they are begun again.
    pub(crate) name: String,
}

/// What the transaction of a write takes along: of all that was approved, or of a part of it.
pub(crate) struct Along {
    pub(crate) whole: Vec<Write>,
    pub(crate) part: Vec<Write>,
}

impl Approved {
    /// Said about one that waited.
    fn of(approval: &Approval, owner: OwnerId) -> Result<Self> {
        let (done, holds) = (approval.clone().done(None).put(owner)?.1, approval.check(owner));
        Ok(Self {
            done: Write::Put(done),
            holds: Some(holds),
            seen: approval.seen,
            name: approval.id.to_string(),
        })
    }

    /// Said at once, through the client: the nonce can be used until then, once.
    pub fn at_once(owner: OwnerId, nonce: &str, until: Timestamp, seen: Option<u64>) -> Self {
        let spent = Put::new(schema::spent(owner, nonce), "", Expect::Absent);
        let done = Write::Put(Put { expires: Some(Expiry::at(until)), ..spent });
        Self { done, holds: None, seen, name: nonce.to_owned() }
    }

    /// Fails if what it was said about has changed since.
    pub(crate) fn is_about(&self, version: u64) -> Result<()> {
        if self.seen.is_none_or(|seen| seen == version) {
            return Ok(());
        }
        Err(Error::InTheWay("it changed after its owner was asked; ask again".to_owned()))
    }

    /// Where the effect has not done so already.
    pub(crate) async fn use_up(&self, app: &App) {
        let Write::Put(done) = self.done.clone() else { return };
        match app.table.put(done, app.op()).await {
            Ok(_) | Err(Error::Conflict) => {}
            Err(error) => tracing::warn!(%error, "an answer that was used can be used until it is over"),
        }
    }

    /// Whoever revokes, pauses or changes the connection meanwhile is first.
    pub(crate) fn along(&self, owner: OwnerId, connection: &Connection) -> Along {
        let unchanged =
            Write::Check { key: Connection::key(owner, connection.id), version: connection.version };
        Along {
            whole: vec![self.done.clone(), unchanged.clone()],
            part: self.holds.iter().cloned().chain([unchanged]).collect(),
        }
    }
}

/// One that this connection waits for.
pub async fn own(call: &Call, id: ApprovalId) -> Result<View, Problem> {
    let (admitted, found) = join(call.admission(), call.shelf::<Approval>().get(id)).await;
    let connection = admitted?.id;
    let own = found.and_then(|found| match found.connection == connection {
        true => Ok(found),
        false => Err(Error::NotFound(Approval::NAME)),
    });
    Ok(own?.view(call.at()))
}

/// As one is described.
pub fn example() -> Value {
    json!({
        "id": "appr_06hhgq2g000000000000000000",
        "connection": "conn_06hhgq2g000000000000000000",
        "status": "pending",
        "operation": "create_task",
        "about": "Buy milk",
        "request": { "method": "POST", "path": "/v1/tasks", "body": { "title": "Buy milk" } },
        "asked_at": "2027-01-15T08:00:00Z",
        "until": "2027-01-16T08:00:00Z",
        "decided_at": null,
        "answer": null,
    })
}
