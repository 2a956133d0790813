//! The local host: every function's routes in one process, the same change fan-out and delivery, one data folder.

mod behind;
mod cli;
mod follower;
mod guard;
mod hands;
mod host;
mod identity;
mod listen;
pub mod moving;
mod pages;
mod pump;
mod serve;
pub mod stdio;
mod there;
mod together;
mod verify;

pub use behind::Behind;
pub use cli::{Cli, Command};
pub use hands::{Hands, Went};
pub use host::{Host, Settings};
pub use identity::LocalOwner;
pub use pump::Pump;
pub use serve::run;
pub use verify::verify;

use web::Access::{Owner, Public};
use web::Routes;
use web::openapi::Operation;

pub fn routes() -> Routes {
    Routes::of("local")
        .get(Public, "/", pages::home)
        .get(Public, "/sign-in", pages::sign_in)
        .post(Owner, "/sign-out", pages::sign_out)
        .post(Owner, "/waiting/{id}/approve", pages::approve)
        .post(Owner, "/waiting/{id}/deny", pages::deny)
        .get(Owner, "/webhooks/{id}", pages::webhook)
        .post(Owner, "/webhooks/{id}/pause", pages::pause)
        .post(Owner, "/webhooks/{id}/resume", pages::resume)
        .post(Owner, "/webhooks/{id}/test", pages::test)
        .post(Owner, "/webhooks/{id}/send-again", pages::send_again)
        .post(Owner, "/webhooks/{id}/send-failed", pages::send_failed)
        .post(Owner, "/webhooks/{id}/rotate-secret", pages::rotate_secret)
        .merge(approvals::routes())
        .merge(audit::routes(audit::Export::Whole))
        .merge(connections::routes())
        .merge(data::routes())
        .merge(mcp::routes())
        .merge(oauth::routes())
}

/// The same routes, described.
pub fn operations() -> Vec<Operation> {
    [approvals::operations(), audit::operations(), connections::operations(), data::operations()]
        .into_iter()
        .flatten()
        .collect()
}
