//! Webhook deliveries: what waits in the queue, what became of each event, when it is tried again, and whether a webhook
//! is sent to at all.

mod asked;
mod health;
mod job;
mod payload;
mod policy;
mod row;
mod signing;

pub use asked::{Ask, Asked, TEST, Tested};
pub use health::{Health, Step};
pub use job::{Errand, Happened, Job, Message, Origin};
pub use payload::{Data, Payload};
pub use policy::{Verdict, asked, judge};
pub use row::{Attempt, Delivery, Next, State};
pub use signing::SigningSecret;
