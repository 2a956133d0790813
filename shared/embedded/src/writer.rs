//! The one thread that writes. Whatever waits is put into one transaction and acknowledged after its commit, so that
//! 32 callers share one sync of the disk.

use crate::news::News;
use crate::recent::Recent;
use crate::table::Batch;
use domain::table::RowKey;
use domain::{Error, Result};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const MOST_IN_ONE_COMMIT: usize = 256;

/// For so long what is in no hurry waits for more of that, or for something that is.
const PATIENCE: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On the disk before it is acknowledged.
    Synced,
    /// Survives the end of the process, not the end of the power. What is lost then is the end of what was written, never
    /// something before something else that was kept.
    Ordered,
    /// The same, for who is in no hurry: it is written with what comes within a moment.
    Patient,
}

pub(crate) struct Writer {
    tasks: Sender<Task>,
}

enum Task {
    Write(Job),
    /// Closes the file, which folds the write-ahead log into it.
    Close(Closed),
}

type Closed = oneshot::Sender<rusqlite::Result<()>>;

struct Job {
    durability: Durability,
    /// The rows that it may write.
    rows: Vec<RowKey>,
    /// Without a transaction to work in it only answers that the store is busy.
    work: Box<Work>,
}

type Work = dyn FnOnce(Option<&mut Batch<'_>>) -> Worked + Send;

/// What one job left behind: whether the store itself failed, and what to do once the commit is decided.
struct Worked {
    broken: Option<String>,
    answer: Box<dyn FnOnce(Result<(), String>) + Send>,
}

impl Writer {
    pub(crate) fn start(db: Connection, news: News, recent: Arc<Recent>) -> std::io::Result<Self> {
        let (tasks, waiting) = channel();
        let run = move || run(db, &waiting, &news, &recent);
        thread::Builder::new().name("writer".to_owned()).spawn(run)?;
        Ok(Self { tasks })
    }

    /// Work that answers any error but an internal one must not have written anything.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        rows: Vec<RowKey>,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, answer) = oneshot::channel();
        let work = Box::new(move |batch: Option<&mut Batch<'_>>| {
            let result = batch.map_or(Err(Error::Busy), work);
            let broken = match &result {
                Err(error @ (Error::Internal(_) | Error::Unreadable { .. })) => Some(error.to_string()),
                _ => None,
            };
            let answer = Box::new(move |committed: Result<(), String>| {
                let _ = done.send(committed.map_err(Error::internal).and(result));
            });
            Worked { broken, answer }
        });
        self.tasks.send(Task::Write(Job { durability, rows, work })).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// What was sent before is written; what comes after is refused.
    pub(crate) async fn close(&self) -> Result<()> {
        let (done, answer) = oneshot::channel();
        self.tasks.send(Task::Close(done)).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?.map_err(Error::internal)
    }
}

fn stopped() -> Error {
    Error::internal("the writer has stopped")
}

fn run(db: Connection, waiting: &Receiver<Task>, news: &News, recent: &Recent) {
    let mut synced = None;
    while let Ok(first) = waiting.recv() {
        // On a busy machine those who are about to write do so first, and one commit serves more of them; on an idle
        // one this waits for nobody.
        thread::yield_now();
        let (mut batch, end) = gather(first, waiting);
        let sync = batch.iter().any(|job| job.durability == Durability::Synced);
        let rows: Vec<_> = batch.iter_mut().flat_map(|job| std::mem::take(&mut job.rows)).collect();
        recent.before_commit(&rows);
        let (worked, committed) = commit(&db, batch, sync, &mut synced, news);
        recent.after_commit();
        news.after_commit(&db, sync && committed.is_ok());
        for job in worked {
            (job.answer)(committed.clone());
        }
        if let Some(done) = end {
            let _ = done.send(db.close().map_err(|(_, error)| error));
            return;
        }
    }
}

/// What is written together, and who wants an end behind it.
fn gather(first: Task, waiting: &Receiver<Task>) -> (Vec<Job>, Option<Closed>) {
    let (began, mut batch, mut next) = (Instant::now(), Vec::new(), first);
    let mut is_patient = true;
    loop {
        match next {
            Task::Write(job) => {
                is_patient &= job.durability == Durability::Patient;
                batch.push(job);
            }
            Task::Close(done) => return (batch, Some(done)),
        }
        if batch.len() == MOST_IN_ONE_COMMIT {
            return (batch, None);
        }
        let more = match waiting.try_recv() {
            Err(_) if is_patient => waiting.recv_timeout(PATIENCE.saturating_sub(began.elapsed())).ok(),
            more => more.ok(),
        };
        let Some(task) = more else { return (batch, None) };
        next = task;
    }
}

/// One transaction; if the store itself breaks in it, nothing of it stays and every job of it is told.
fn commit(
    db: &Connection,
    jobs: Vec<Job>,
    sync: bool,
    synced: &mut Option<bool>,
    news: &News,
) -> (Vec<Worked>, Result<(), String>) {
    if jobs.is_empty() {
        return (Vec::new(), Ok(()));
    }
    let begun = begin(db, sync, synced);
    if let Err(error) = &begun {
        tracing::warn!(%error, "the data file is busy");
    }
    let mut batch = Batch::of(db);
    // SQLite may end a transaction by itself when the disk fails: nothing may be written outside of one.
    let in_transaction = || begun.is_ok() && !db.is_autocommit();
    let work = |job: Job| (job.work)(Some(&mut batch).filter(|_| in_transaction()));
    let worked: Vec<Worked> = jobs.into_iter().map(work).collect();
    let settled = if in_transaction() { batch.settle() } else { Ok(()) };
    let settled = settled.err().map(|error| error.to_string());
    let broken = worked.iter().find_map(|job| job.broken.clone()).or(settled);
    let committed = match (begun, broken) {
        (Err(_), _) => Ok(()), // every job has answered that the store is busy
        (Ok(()), Some(broken)) => Err(broken),
        (Ok(()), None) => {
            news.before_commit(sync);
            execute(db, "COMMIT").map_err(|error| error.to_string())
        }
    };
    if committed.is_err() && !db.is_autocommit() {
        let _ = db.execute_batch("ROLLBACK");
    }
    (worked, committed)
}

/// No transaction is begun that is synced less than it has to be.
fn begin(db: &Connection, sync: bool, synced: &mut Option<bool>) -> rusqlite::Result<()> {
    if !db.is_autocommit() {
        // The last one could not even be taken back.
        db.execute_batch("ROLLBACK")?;
    }
    if *synced != Some(sync) {
        db.pragma_update(None, "synchronous", if sync { "FULL" } else { "NORMAL" })?;
        *synced = Some(sync);
    }
    execute(db, "BEGIN IMMEDIATE")
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::{Durability, Job, Task, Worked, gather};
    use std::sync::mpsc::channel;

    fn task(durability: Durability) -> Task {
        let work =
            Box::new(|_: Option<&mut super::Batch<'_>>| Worked { broken: None, answer: Box::new(drop) });
        Task::Write(Job { durability, rows: Vec::new(), work })
    }

    #[test]
    fn what_is_in_no_hurry_waits_for_what_is_and_that_for_nobody() {
        let (tasks, waiting) = channel();
        let gathered = || {
            let (batch, end) = gather(waiting.recv().unwrap(), &waiting);
            (batch.len(), end.is_some())
        };
        for durability in [Durability::Patient, Durability::Patient, Durability::Synced, Durability::Patient]
        {
            tasks.send(task(durability)).unwrap();
        }
        assert_eq!(gathered(), (4, false));
        tasks.send(task(Durability::Patient)).unwrap();
        let late = tasks.clone();
        let sends = std::thread::spawn(move || late.send(task(Durability::Ordered)).is_ok());
        let (now, _) = gathered();
        assert!(sends.join().unwrap());
        let rest = if now == 2 { 0 } else { gathered().0 };
        assert_eq!(now + rest, 2, "nothing is lost, whichever comes first");
        for _ in 0..super::MOST_IN_ONE_COMMIT + 1 {
            tasks.send(task(Durability::Ordered)).unwrap();
        }
        assert_eq!((gathered().0, gathered().0), (super::MOST_IN_ONE_COMMIT, 1));
    }
}
