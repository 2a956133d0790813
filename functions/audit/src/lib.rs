//! The owner reads the audit log, takes it out, and says for how long it is kept.

mod describe;
mod export;
mod logs;
mod settings;

pub use describe::operations;
pub use export::Export;

use axum::extract::State;
use web::Access::Owner;
use web::{App, Params, Routes, Witness};

pub fn routes(export: Export) -> Routes {
    let export = move |State(app): State<App>, owner: web::Owner, witness: Witness, Params(wanted): _| {
        export::export(export, app, owner, witness, wanted)
    };
    Routes::of("audit")
        .get(Owner, "/audit/logs", logs::list)
        .get(Owner, "/audit/export", export)
        .get(Owner, "/audit/head", export::head)
        .get(Owner, "/audit/settings", settings::read)
        .patch(Owner, "/audit/settings", settings::change)
}
