//! The adapters from outside: each service is an emulator inside this process, spoken to over its own wire format.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod dynamo;
mod expiry;
mod faults;
mod faulty;
mod keyring;
mod oidc;
mod queue;
mod reads;
mod stream_log;
mod table;
