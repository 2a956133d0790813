//! The ports on AWS, and how a function is served there. Only this crate and the mains name AWS.

mod config;
mod consume;
mod fault;
mod keyring;
mod log;
mod oidc;
mod ports;
mod queue;
mod serve;
mod stream;
mod table;

pub use consume::{consume, consume_ticks};
pub use keyring::KmsKeyring;
pub use oidc::{Browsers, Oidc};
pub use ports::Ports;
pub use queue::SqsQueue;
pub use serve::{Owners, no_owner, oidc_owner, serve};
pub use stream::StreamRecord;
pub use table::DynamoTable;

/// Why a function could not start.
pub type Error = lambda_runtime::Error;
