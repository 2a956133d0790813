//! Starts, says where it is, and stops without losing anything.

use crate::cli::{Audit, Cli, Command, Serve};
use crate::host::{Host, Settings};
use crate::identity::LocalOwner;
use crate::listen::listen;
use crate::moving;
use crate::stdio;
use crate::verify::verify;
use domain::audit::Known;
use embedded::{KeyFile, OpenError};
use outbound::{Egress, Exempt};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use web::System;

/// How long calls and deliveries in hand may take to finish once the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Data(#[from] OpenError),
    #[error("there is no Larder data in {0}; start larder there first, or choose another folder with --data")]
    NoData(PathBuf),
    #[error("no larder runs on the data in {0}; start it, which prints a link, too")]
    NotRunning(PathBuf),
    #[error("{0} is in use by another program; choose another address with --listen")]
    AddressInUse(String),
    #[error("cannot listen on {0}: {1}")]
    Listen(String, io::Error),
    #[error("cannot read {0}: {1}")]
    Export(PathBuf, io::Error),
    #[error(transparent)]
    Moving(#[from] moving::Failure),
    #[error(transparent)]
    Stdio(#[from] stdio::Failure),
    #[error(transparent)]
    Io(#[from] io::Error),
}

pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Some(Command::OwnerToken) => owner(&cli.data.folder()).and_then(|owner| say(&owner.token())),
        Some(Command::SignIn) => sign_in(&cli.data.folder()),
        Some(Command::Audit(Audit::Verify { file, head, first })) => {
            match verified(&file, Known { first, head }) {
                Ok(true) => Ok(()),
                Ok(false) => return ExitCode::FAILURE,
                Err(failure) => Err(failure),
            }
        }
        Some(Command::Export(options)) => moving::export(&cli.data.folder(), &options).map_err(Failure::from),
        Some(Command::Import(options)) => match moving::import(&cli.data.folder(), options) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(failure) => Err(failure.into()),
        },
        Some(Command::McpStdio(options)) => stdio::run(options).map_err(Failure::from),
        None => start(&cli.data.folder(), cli.serve),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "larder: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn owner(folder: &Path) -> Result<LocalOwner, Failure> {
    if !folder.join("larder.db").exists() {
        return Err(Failure::NoData(folder.to_owned()));
    }
    let keys = KeyFile::open(&folder.join("larder.key"), false, Arc::new(System))?;
    Ok(LocalOwner::new(&keys, Arc::new(System), Arc::new(System)))
}

fn sign_in(folder: &Path) -> Result<(), Failure> {
    let owner = owner(folder)?;
    let url = embedded::whereabouts(folder)?.ok_or_else(|| Failure::NotRunning(folder.to_owned()))?;
    say(&format!("{url}{}", owner.link()))
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn verified(file: &Path, known: Known) -> Result<bool, Failure> {
    let unreadable = |error| Failure::Export(file.to_owned(), error);
    let (said, whole) = verify(file, known).map_err(unreadable)?;
    write!(io::stdout(), "{said}")?;
    Ok(whole)
}

fn start(folder: &Path, serve: Serve) -> Result<(), Failure> {
    // The protocol library repeats what callers send, at whatever length: that is no news.
    let told = Targets::new().with_default(serve.log).with_target("rmcp", Level::ERROR);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(lines).with(told).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve_until_told(folder, serve))
}

async fn serve_until_told(folder: &Path, serve: Serve) -> Result<(), Failure> {
    let listener = TcpListener::bind(&serve.listen).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::AddressInUse(serve.listen.clone()),
        _ => Failure::Listen(serve.listen.clone(), error),
    })?;
    let at = listener.local_addr()?;
    let exempt = Exempt::parse(&serve.outbound_allow);
    let settings = Settings {
        listen: at,
        hosts: serve.hosts,
        public_url: serve.public_url,
        outbound: Arc::new(Egress::new(exempt.clone())),
        reach: Arc::new(exempt),
        clock: Arc::new(System),
        entropy: Arc::new(System),
    };
    let host = Host::open(folder, settings)?;
    // From here on, being told to stop is heard: whoever reads the announcement may say so at once.
    let told_to_stop = told_to_stop()?;
    let url = format!("http://{at}");
    host.lock.tell(&url)?;
    announce(&host, &url, serve.json)?;

    let (stop, stopped) = watch::channel(false);
    let pump = tokio::spawn(Arc::clone(&host.pump).run(stopped.clone()));
    let server = tokio::spawn(listen(listener, host.router.clone(), stopped));
    told_to_stop.await;
    let _ = stop.send(true);
    let all = async {
        let _ = tokio::join!(server, pump);
        host.app.idle().await;
    };
    // Whoever does not finish in time is cut off; what was not delivered is kept, or told again.
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!("some calls did not finish in time");
    }
    host.ledger.drain().await;
    if let Err(error) = host.store.close().await {
        tracing::warn!(%error, "the write-ahead log was left for the next start");
    }
    Ok(())
}

fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn announce(host: &Host, url: &str, json: bool) -> io::Result<()> {
    let (mcp, data) = (format!("{url}/mcp"), host.file.display());
    let sign_in = format!("{url}{}", host.owner.link());
    let mut out = io::stdout();
    if json {
        let owner_token = host.owner.token();
        let line = serde_json::json!({
            "url": url, "mcp": mcp, "data": data.to_string(), "sign_in": sign_in, "owner_token": owner_token
        });
        return writeln!(out, "{line}");
    }
    writeln!(out, "Larder is running. Stop it with Ctrl-C.\n")?;
    writeln!(out, "  Dashboard  {sign_in}   (signs you in, once)")?;
    writeln!(out, "  REST       {url}/v1")?;
    writeln!(out, "  MCP        {mcp}")?;
    writeln!(out, "  Data       {data}")
}
