//! `larder`: all functions in one process, on the embedded ports.

use clap::Parser as _;
use std::process::ExitCode;

/// Calls make and drop many small things on every thread, which glibc's allocator is slow at.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    local::run(local::Cli::parse())
}
