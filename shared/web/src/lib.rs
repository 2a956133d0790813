//! What every function that answers HTTP shares: who calls, what was sent, what went wrong, which routes there are.

mod analytics;
mod app;
mod body;
mod call;
mod edge;
mod feed;
mod history;
mod idempotency;
mod noting;
mod nouns;
pub mod openapi;
mod owner;
mod page;
mod peer;
mod precondition;
mod problem;
mod routes;
mod system;
mod witness;

pub use analytics::{Analytics, Place, ProgressParams, Stats};
pub use app::{App, Ports};
pub use body::{At, Body, Params, RawJson, Sent};
pub use call::Call;
pub use feed::{Changes, Feed, FeedParams};
pub use history::{History, PastChange};
pub use idempotency::{Answer, Keep, Once, Repeatable};
pub use nouns::{Nouns, Written};
pub use owner::{ByOwner, Credential, Identity, NoOwner, Owner, SignedIn, presented};
pub use page::{Page, PageParams, cursor, next_cursor};
pub use peer::Peer;
pub use precondition::{IfMatch, expect_version, tagged, unless_known};
pub use problem::Problem;
pub use routes::{Access, Route, Routes};
pub use system::System;
pub use witness::Witness;
