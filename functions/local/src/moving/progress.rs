//! How far it is, told now and then on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

pub(super) struct Progress {
    began: Instant,
    told: Instant,
    items: u64,
    is_terminal: bool,
}

impl Progress {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self { began: now, told: now, items: 0, is_terminal: io::stderr().is_terminal() }
    }

    pub(super) fn add(&mut self, items: u64) {
        self.items += items;
        // A terminal's line is written anew; what is kept in a file gets a line less often.
        let (pause, end) = if self.is_terminal { (200, "\r") } else { (2_000, "\n") };
        if self.told.elapsed() >= Duration::from_millis(pause) {
            self.told = Instant::now();
            let _ = write!(io::stderr(), "{}{end}", self.said());
        }
    }

    /// `1200 items in 0.3 s (4000 a second)`
    pub(super) fn said(&self) -> String {
        let (items, seconds) = (self.items, self.began.elapsed().as_secs_f64());
        let rate = items as f64 / seconds.max(0.001);
        format!("{items} items in {seconds:.1} s ({rate:.0} a second)")
    }
}
