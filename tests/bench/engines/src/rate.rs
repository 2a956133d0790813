//! Commits per second, from one caller alone and from many that share transactions.

use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::{Fallible, Rng};

pub const SUBMITTERS: u64 = 32;

pub struct Rate {
    pub per_second: f64,
    /// Operations in the average transaction.
    pub group: f64,
}

/// Commits one operation at a time.
pub fn alone<T>(
    run: Duration,
    make: impl Fn(&mut Rng) -> T,
    mut commit: impl FnMut(&[T]) -> Fallible<()>,
) -> Fallible<Rate> {
    let mut rng = Rng(1);
    let mut operations = 0u64;
    let start = Instant::now();
    while start.elapsed() < run {
        commit(&[make(&mut rng)])?;
        operations += 1;
    }
    Ok(Rate { per_second: operations as f64 / start.elapsed().as_secs_f64(), group: 1.0 })
}

/// Group commit: each submitter waits for its operation before it sends the next; the one writer
/// takes all that wait into one transaction and acknowledges them after the commit.
pub fn grouped<T: Send>(
    run: Duration,
    make: impl Fn(&mut Rng) -> T + Sync,
    mut commit: impl FnMut(&[T]) -> Fallible<()>,
) -> Fallible<Rate> {
    let (submit, queue) = mpsc::channel::<(T, Sender<()>)>();
    let start = Instant::now();
    thread::scope(|scope| {
        for seed in 0..SUBMITTERS {
            let (submit, make) = (submit.clone(), &make);
            scope.spawn(move || {
                let mut rng = Rng(seed);
                while start.elapsed() < run {
                    let (acknowledge, acknowledged) = mpsc::channel();
                    let sent = submit.send((make(&mut rng), acknowledge));
                    if sent.is_err() || acknowledged.recv().is_err() {
                        return;
                    }
                }
            });
        }
        drop(submit);
        // Owned in here, so that a failed commit drops the queue and with it wakes all submitters.
        let queue = queue;
        let (mut operations, mut transactions) = (0u64, 0u64);
        while let Ok(first) = queue.recv() {
            let waiting = std::iter::once(first).chain(queue.try_iter());
            let (group, callers): (Vec<_>, Vec<_>) = waiting.unzip();
            commit(&group)?;
            operations += group.len() as u64;
            transactions += 1;
            for caller in callers {
                caller.send(())?;
            }
        }
        Ok(Rate {
            per_second: operations as f64 / start.elapsed().as_secs_f64(),
            group: operations as f64 / transactions as f64,
        })
    })
}
