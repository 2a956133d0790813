//! The ports on AWS, and how a function is served there. Only this crate and the mains name AWS.

mod fault;
mod keyring;
mod queue;
mod stream;
mod table;

pub use keyring::KmsKeyring;
pub use queue::SqsQueue;
pub use stream::StreamRecord;
pub use table::DynamoTable;
