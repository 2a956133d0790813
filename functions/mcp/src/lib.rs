//! The owner's data over MCP: streamable HTTP without sessions, JSON answers, both protocol eras.

mod answer;
mod asks;
mod calling;
mod card;
mod completions;
mod endpoint;
mod faults;
#[cfg(feature = "fixtures")]
mod fixtures;
mod listing;
mod name;
mod output;
mod parts;
mod plain;
mod prompts;
mod resources;
mod sampling;
mod server;
mod tasks;
mod tools;

use web::Access::{Connection, Public};
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("mcp")
        .get(Public, "/mcp/server-card", card::card)
        .get(Public, "/.well-known/ai-catalog.json", card::catalog)
        .for_any_page()
        .post(Connection, "/mcp", endpoint::post)
        .post(Connection, "/mcp/", endpoint::post)
}
