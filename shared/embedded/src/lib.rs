//! The ports on one machine: one SQLite file for the table, its change log and the queue, and a key file.

mod change_log;
mod folding;
mod groups;
mod keyring;
mod lock;
mod news;
mod open;
mod queue;
mod recent;
mod store;
mod table;
mod taking;
mod waiting;
mod writer;
mod young;

pub use keyring::KeyFile;
pub use lock::{Lock, whereabouts};
pub use open::{OpenError, Opened, open};
pub use store::Store;
pub use taking::Turn;
