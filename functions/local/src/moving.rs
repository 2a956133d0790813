//! `larder export` and `larder import`: all of an owner's data into one file, and back, here or at any other Larder.
//! Whatever there is of it, a page or a chunk at a time is held in memory.

mod document;
mod file;
mod larder;
mod page;
mod progress;

use crate::cli::{Export, Import};
use document::{Chunk, read};
use domain::moving::{Counts, Refused, Report};
use file::{Inlet, Outlet};
use larder::Larder;
use page::Page;
use progress::Progress;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// So many items that cannot be taken in are told; after that it is no file of ours.
const MOST_REFUSED: u64 = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Data(#[from] embedded::OpenError),
    #[error(
        "there is no Larder data in {0}; start larder there first, or name another with --data or --from"
    )]
    NoData(PathBuf),
    #[error("the larder on {0} is about to start; try again in a moment")]
    Starting(PathBuf),
    #[error("{0} cannot be used: only https addresses, and those of this machine, are sent an owner's token")]
    Address(String),
    #[error(
        "whose data it is, is not known: put an owner's token into LARDER_TOKEN, or into a file that --token-file names"
    )]
    NoToken,
    #[error("{0} did not answer: {1}; run it again: nothing is done twice")]
    Silent(String, String),
    #[error("{0}")]
    Refused(String),
    #[error("cannot use {0}: {1}")]
    File(PathBuf, io::Error),
    #[error(
        "{file} is broken: {detail}. What stood before is taken in; export it again, or mend it, and run this again: \
         nothing is made twice"
    )]
    Broken { file: PathBuf, detail: String },
    #[error("more than {MOST_REFUSED} items do not fit; is this what `larder export` wrote?")]
    TooManyRefused,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Says in the end how much it was.
pub fn export(folder: &Path, options: &Export) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let larder = Larder::to_read(folder, options.from.as_ref(), &options.token)?;
        let done = all_pages(&larder, options).await;
        larder.close().await;
        writeln!(io::stderr(), "Exported {}", done?.said())?;
        Ok(())
    })
}

async fn all_pages(larder: &Larder, options: &Export) -> Result<Progress, Failure> {
    let (mut progress, mut path) = (Progress::start(), "/export".to_owned());
    let mut outlet = Outlet::open(&options.to, options.format())?;
    loop {
        let page: Page = larder.call(&path, None).await?;
        progress.add(page.count());
        outlet.add(&page)?;
        let Some(cursor) = page.next_cursor else { break };
        path = format!("/export?cursor={cursor}");
    }
    outlet.finish()?;
    Ok(progress)
}

/// Whether all of it was taken in.
pub fn import(folder: &Path, options: Import) -> Result<bool, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let inlet = Inlet::open(&options.file)?;
        let larder = Larder::to_write(folder, options.into.as_ref(), &options.token)?;
        let done = all_chunks(&larder, inlet, &options).await;
        larder.close().await;
        let (progress, counts) = done?;
        let Counts { made, changed, same, kept, refused } = counts;
        let would = if options.dry_run { "Would import" } else { "Imported" };
        writeln!(
            io::stdout(),
            "{would} {}: {made} made, {changed} changed, {same} there already, {kept} kept, {refused} refused.",
            progress.said()
        )?;
        if kept > 0 {
            writeln!(io::stdout(), "Kept is what is there with other content; --replace overwrites it.")?;
        }
        Ok(refused == 0)
    });
    // Nobody waits for a pipe that says nothing more.
    runtime.shutdown_background();
    done
}

async fn all_chunks(larder: &Larder, inlet: Inlet, options: &Import) -> Result<(Progress, Counts), Failure> {
    let (mut progress, mut counts) = (Progress::start(), Counts::default());
    let (chunks, mut ready) = mpsc::channel::<Chunk>(1);
    let take = move |chunk| chunks.blocking_send(chunk).is_ok();
    let reading = tokio::task::spawn_blocking(move || inlet.read(|from| read(from, take)));
    let path = format!("/import?replace={}&dry_run={}", options.replace, options.dry_run);
    while let Some(chunk) = ready.recv().await {
        let report: Report = larder.call(&path, Some(chunk.body())).await?;
        for refused in &report.refused {
            say(&chunk, refused)?;
        }
        counts.add(report.counts);
        progress.add(report.counts.all());
        if counts.refused > MOST_REFUSED {
            return Err(Failure::TooManyRefused);
        }
    }
    let read = reading.await.map_err(io::Error::other)?;
    read.map_err(|detail| Failure::Broken { file: options.file.clone(), detail: detail.to_string() })?;
    Ok((progress, counts))
}

/// By its place in the file.
fn say(chunk: &Chunk, Refused { pointer, id, detail }: &Refused) -> io::Result<()> {
    let pointer = chunk.place(pointer);
    let id = id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    writeln!(io::stderr(), "{pointer}{id}: {detail}")
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
