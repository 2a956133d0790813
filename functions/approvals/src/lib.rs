//! The owner decides what connections asked about. What was approved is done here, on the routes that it was sent to, so
//! this function is a host of theirs.

mod decide;
mod describe;
mod list;

pub use decide::Deciding;
pub use describe::operations;
pub use list::waiting;

use web::Access::Owner;
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("approvals")
        .get(Owner, "/approvals", list::list)
        .get(Owner, "/approvals/{id}", list::read)
        .post(Owner, "/approvals/{id}/approve", decide::approve)
        .post(Owner, "/approvals/{id}/deny", decide::deny)
}

/// Where a call can be sent that its owner is asked about.
fn asking() -> Routes {
    data::routes().merge(mcp::routes())
}
