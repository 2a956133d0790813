//! `larder`: all functions in one process, on the embedded ports.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    local::run(local::Cli::parse())
}
