//! The suites of the ports, on the embedded adapters.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use domain::clock::{Clock, Entropy};
use domain::conformance::ManualClock;
use domain::conformance::table::Host;
use std::sync::Arc;
use tempfile::TempDir;

struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn open() -> (embedded::Opened, Arc<ManualClock>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let opened = embedded::open(folder.path(), Arc::clone(&clock) as Arc<dyn Clock>, &Counting).unwrap();
    (opened, clock, folder)
}

mod table {
    use super::*;

    async fn host() -> (Host, TempDir) {
        let (opened, clock, folder) = open();
        let (table, log) = (Arc::new(opened.store.clone()), Arc::new(opened.store));
        (Host { table, log, clock }, folder)
    }

    domain::table_suite!(host);
}

mod queue {
    use super::*;

    async fn host() -> (embedded::Store, TempDir) {
        let (opened, _, folder) = open();
        (opened.store, folder)
    }

    domain::queue_suite!(host);
}

mod keyring {
    use super::*;

    async fn host() -> (embedded::KeyFile, TempDir) {
        let (opened, _, folder) = open();
        (opened.keys, folder)
    }

    domain::keyring_suite!(host);
}
