//! The rules of Larder: what a key is, what a grant allows, what a change means. Pure: time and
//! randomness come in as values, and everything outside is reached through the ports at the bottom.

pub mod access;
pub mod activity;
pub mod analytics;
pub mod approval;
pub mod audit;
pub mod backup;
mod base32;
pub mod calendar;
pub mod change;
pub mod collection;
pub mod connection;
pub mod consent;
pub mod csv;
pub mod data_keys;
pub mod delivery;
pub mod due;
pub mod error;
pub mod filter;
pub mod fit;
pub mod goal;
mod hex;
pub mod history;
pub mod id;
pub mod job;
pub mod key;
pub mod life_area;
pub mod limits;
pub mod link;
pub mod list;
pub mod memory;
pub mod moving;
pub mod notice;
pub mod noun;
pub mod number;
pub mod object;
pub mod operation;
pub mod outcome;
pub mod plan;
pub mod preferences;
pub mod profile;
pub mod record;
pub mod recurrence;
pub mod schema;
pub mod seal;
pub mod search;
pub mod session;
pub mod shelf;
pub mod sift;
pub mod signing;
pub mod task;
pub mod text;
pub mod token;
pub mod undo;
pub mod usage;
pub mod when_due;
pub mod zone;

// The ports: what a host has to bring.
pub mod clock;
pub mod keyring;
pub mod ledger;
pub mod outbound;
pub mod queue;
pub mod quoted;
pub mod table;

#[cfg(feature = "conformance")]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests")]
pub mod conformance;

pub use error::{Error, Result};
pub use hex::hex;
