//! The ledger of one machine: notes are written behind the answers, those that wait all together.

use async_trait::async_trait;
use domain::id::OwnerId;
use domain::ledger::{Direct, Ledger, Note};
use tokio::sync::{mpsc, oneshot};

/// When this many wait, calls wait too.
const MOST_WAITING: usize = 4_096;
const MOST_AT_ONCE: usize = 512;

#[derive(Clone)]
pub struct Behind(mpsc::Sender<Job>);

enum Job {
    Note(OwnerId, Note),
    /// Answered when all that came before is written.
    Reached(oneshot::Sender<()>),
}

impl Behind {
    pub(crate) fn start(ledger: Direct) -> Self {
        let (jobs, waiting) = mpsc::channel(MOST_WAITING);
        tokio::spawn(run(ledger, waiting));
        Self(jobs)
    }

    /// Returns when everything that was noted until now is written.
    pub async fn drain(&self) {
        let (done, reached) = oneshot::channel();
        self.send(Job::Reached(done)).await;
        let _ = reached.await;
    }

    async fn send(&self, job: Job) {
        if self.0.send(job).await.is_err() {
            tracing::error!("a note was lost, because nobody writes them any more");
        }
    }
}

#[async_trait]
impl Ledger for Behind {
    async fn note(&self, owner: OwnerId, note: Note) {
        self.send(Job::Note(owner, note)).await;
    }
}

async fn run(ledger: Direct, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::new();
    while waiting.recv_many(&mut jobs, MOST_AT_ONCE).await > 0 {
        let (mut notes, mut reached) = (Vec::with_capacity(jobs.len()), Vec::new());
        for job in jobs.drain(..) {
            match job {
                Job::Note(owner, note) => notes.push((owner, note)),
                Job::Reached(done) => reached.push(done),
            }
        }
        ledger.write(notes).await;
        for done in reached {
            let _ = done.send(());
        }
    }
}
