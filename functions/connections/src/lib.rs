//! The owner makes, sees and revokes connections.

mod create;
mod manage;

use web::Access::Owner;
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("connections")
        .get(Owner, "/connections", manage::list)
        .post(Owner, "/connections", create::create)
        .get(Owner, "/connections/{id}", manage::read)
        .post(Owner, "/connections/{id}/revoke", manage::revoke)
}
