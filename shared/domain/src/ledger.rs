//! Port: the ledger, where is noted what happened beside the owner's data. A note is written behind the answer
//! wherever the host allows, so that no call waits for it.

use crate::activity::Activity;
use crate::audit;
use crate::id::OwnerId;
use crate::notice::Notice;
use async_trait::async_trait;
use jiff::Timestamp;

#[async_trait]
pub trait Ledger: Send + Sync {
    async fn note(&self, owner: OwnerId, note: Note);
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A call was answered: counted under usage and kept until `keep_until`. A refusal by a limit is counted only.
    Call {
        call: Activity,
        limited: bool,
        keep_until: Timestamp,
    },
    Audit(audit::Entry),
    /// Written only if this notice is not there yet.
    Notice(Notice),
}
