//! The owner makes, limits, watches, changes and ends connections, moves the data, and signs out.

mod activity;
mod create;
mod deliveries;
mod describe;
mod document;
mod edit;
mod handler;
mod jobs;
mod key;
mod manage;
mod mcpb;
mod moving;
mod own;
mod page;
mod preview;
mod schemas;
mod secret;
mod sign_out;
mod status;
mod undo;
mod usage;

pub use deliveries::{HealthView, Standing};
pub use describe::operations;
pub use page::{Look, Webhook};

use domain::preferences::Preferences;
use domain::profile::Profile;
use web::Access::{Connection, Owner, Public};
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("connections")
        .get(Owner, "/connections", manage::list)
        .post(Owner, "/connections", create::create)
        .post(Owner, "/connections/preview", preview::of_new)
        .get(Owner, "/connections/{id}", manage::read)
        .put(Owner, "/connections/{id}", manage::replace)
        .patch(Owner, "/connections/{id}", manage::patch)
        .delete(Owner, "/connections/{id}", manage::delete)
        .post(Owner, "/connections/{id}/pause", status::pause)
        .post(Owner, "/connections/{id}/resume", status::resume)
        .post(Owner, "/connections/{id}/revoke", status::revoke)
        .post(Owner, "/connections/{id}/rotate", key::rotate)
        .post(Owner, "/connections/{id}/rotate-secret", secret::rotate)
        .post(Owner, "/connections/{id}/undo", undo::undo)
        .get(Owner, "/jobs/{id}", jobs::go_on)
        .delete(Owner, "/jobs/{id}", jobs::cancel)
        .get(Owner, "/connections/{id}/preview", preview::of_one)
        .get(Owner, "/connections/{id}/openapi.json", document::of_one)
        .get(Owner, "/connections/{id}/larder.mcpb", mcpb::of_one)
        .get(Owner, "/connections/{id}/health", deliveries::health)
        .get(Owner, "/connections/{id}/deliveries", deliveries::list)
        .post(Owner, "/connections/{id}/deliveries/replay", deliveries::since)
        .post(Owner, "/connections/{id}/deliveries/test", deliveries::test)
        .get(Owner, "/connections/{id}/deliveries/{event}", deliveries::one)
        .post(Owner, "/connections/{id}/deliveries/{event}/replay", deliveries::again)
        .get(Owner, "/connections/{id}/handler", handler::of_one)
        .get(Owner, "/connections/{id}/usage", usage::read)
        .get(Owner, "/connections/{id}/activity", activity::list)
        .get(Owner, "/owner/profile", own::read::<Profile>)
        .patch(Owner, "/owner/profile", own::update::<Profile>)
        .get(Owner, "/owner/preferences", own::read::<Preferences>)
        .patch(Owner, "/owner/preferences", own::update::<Preferences>)
        .post(Owner, "/owner/sign-out-everywhere", sign_out::everywhere)
        .get(Owner, "/export", moving::export)
        .post(Owner, "/import", moving::import)
        .get(Public, "/openapi.json", document::read)
        .get(Public, "/schemas", schemas::list)
        .get(Public, "/schemas/v1/{type}", schemas::one)
        .get(Connection, "/openapi/own.json", document::own)
}
