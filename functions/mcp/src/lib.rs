//! The owner's data over MCP: streamable HTTP without sessions, JSON answers, both protocol eras.

mod answer;
mod completions;
mod endpoint;
mod faults;
mod listing;
mod name;
mod output;
mod parts;
mod prompts;
mod resources;
mod server;
mod tools;

use web::Access::Connection;
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("mcp").post(Connection, "/mcp", endpoint::post)
}
