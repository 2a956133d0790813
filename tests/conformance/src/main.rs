//! The `larder` program with what the conformance runner needs besides (`mcp`'s feature `fixtures`).

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    local::run(local::Cli::parse())
}
