//! The owner makes, sees and revokes connections, and signs out.

mod create;
mod manage;
mod sign_out;

use web::Access::Owner;
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("connections")
        .get(Owner, "/connections", manage::list)
        .post(Owner, "/connections", create::create)
        .get(Owner, "/connections/{id}", manage::read)
        .post(Owner, "/connections/{id}/revoke", manage::revoke)
        .post(Owner, "/owner/sign-out-everywhere", sign_out::everywhere)
}
