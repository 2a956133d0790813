//! The one thread that writes. Whatever waits is put into one transaction and acknowledged after its commit, so that
//! 32 callers share one sync of the disk.

use crate::folding::{Folding, QUIET};
use crate::news::News;
use crate::recent::Recent;
use crate::table::Batch;
use crate::waiting::Waiting;
use domain::table::RowKey;
use domain::{Error, Result};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use tokio::sync::oneshot;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On the disk before it is acknowledged.
    Synced,
    /// Survives the end of the process, not the end of the power. What is lost then is the end of what was written, never
    /// something before something else that was kept.
    Ordered,
    /// The same, for who is in no hurry: it is written while nobody else waits, or has its turn.
    Patient,
}

pub(crate) struct Writer {
    tasks: Sender<Task>,
}

pub(crate) enum Task {
    Write(Job),
    /// Closes the file, which folds the write-ahead log into it.
    Close(Closed),
}

pub(crate) type Closed = oneshot::Sender<rusqlite::Result<()>>;

pub(crate) struct Job {
    pub(crate) durability: Durability,
    /// The rows that it may write.
    pub(crate) rows: Vec<RowKey>,
    /// Without a transaction to work in it only answers that the store is busy.
    pub(crate) work: Box<Work>,
}

pub(crate) type Work = dyn FnOnce(Option<&mut Batch<'_>>) -> Worked + Send;

/// What one job left behind: whether the store itself failed, and what to do once the commit is decided.
pub(crate) struct Worked {
    pub(crate) broken: Option<String>,
    pub(crate) answer: Box<dyn FnOnce(Result<(), String>) + Send>,
}

impl Writer {
    /// `beside` is for whoever puts what was written into its place.
    pub(crate) fn start(
        db: Connection,
        beside: Connection,
        news: News,
        recent: Arc<Recent>,
    ) -> std::io::Result<Self> {
        let (tasks, waiting) = channel();
        let folding = Folding::begin(&db, beside)?;
        let run = move || run(db, folding, waiting, &news, &recent);
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

fn run(db: Connection, mut folding: Folding, tasks: Receiver<Task>, news: &News, recent: &Recent) {
    let (mut synced, mut waiting) = (None, Waiting::new(tasks));
    let closed = loop {
        let Some(mut gathered) = waiting.gather() else { break None };
        let sync = gathered.is_synced;
        let jobs = std::iter::from_fn(|| waiting.next(&mut gathered));
        let (worked, committed) = commit(&db, jobs, sync, &mut synced, news, recent);
        recent.after_commit();
        news.after_commit(&db, sync && committed.is_ok());
        for job in worked {
            (job.answer)(committed.clone());
        }
        if let Some(done) = waiting.end() {
            break Some(done);
        }
        folding.go_on(&db, || waiting.is_quiet(QUIET));
    };
    folding.end();
    if let Some(done) = closed {
        let _ = done.send(db.close().map_err(|(_, error)| error));
    }
}

/// One transaction; if the store itself breaks in it, nothing of it stays and every job of it is told.
fn commit(
    db: &Connection,
    jobs: impl Iterator<Item = Job>,
    sync: bool,
    synced: &mut Option<bool>,
    news: &News,
    recent: &Recent,
) -> (Vec<Worked>, Result<(), String>) {
    let mut jobs = jobs.peekable();
    if jobs.peek().is_none() {
        return (Vec::new(), Ok(()));
    }
    let begun = begin(db, sync, synced);
    if let Err(error) = &begun {
        tracing::warn!(%error, "the data file is busy");
    }
    let mut batch = Batch::of(db);
    // SQLite may end a transaction by itself when the disk fails: nothing may be written outside of one.
    let in_transaction = || begun.is_ok() && !db.is_autocommit();
    let mut rows = Vec::new();
    let work = |job: Job| {
        rows.extend(job.rows);
        (job.work)(Some(&mut batch).filter(|_| in_transaction()))
    };
    let worked: Vec<Worked> = jobs.map(work).collect();
    let settled = if in_transaction() { batch.settle() } else { Ok(()) };
    let settled = settled.err().map(|error| error.to_string());
    let broken = worked.iter().find_map(|job| job.broken.clone()).or(settled);
    let committed = match (begun, broken) {
        (Err(_), _) => Ok(()), // every job has answered that the store is busy
        (Ok(()), Some(broken)) => Err(broken),
        (Ok(()), None) => {
            news.before_commit(sync);
            recent.before_commit(&rows);
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
