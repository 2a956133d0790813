//! The adapters over the wire, each against an emulator of its service inside this process.

mod dynamo;
mod faults;
mod faulty;
mod keyring;
mod queue;
mod stream_log;
mod table;
