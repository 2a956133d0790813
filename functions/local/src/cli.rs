//! The command line. Every flag has a `LARDER_…` variable; nothing else reads the environment.

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use domain::audit::Hash;
use std::path::PathBuf;

/// Keeps one person's data and gives every agent, app and script its own connection to it.
///
/// Without a command it serves: it prints a link that signs the owner in, once, and the addresses of the REST and
/// MCP faces, and runs until it is told to stop (Ctrl-C or SIGTERM).
#[derive(Debug, Parser)]
#[command(name = "larder", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    pub serve: Serve,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints a fresh owner token for scripts, valid for an hour.
    OwnerToken,
    /// Prints a fresh link that signs the owner in, once, to the Larder that runs on this data.
    SignIn,
    /// The audit log.
    #[command(subcommand)]
    Audit(Audit),
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Verifies an export (JSON Lines): finds entries that were altered, left out or moved, and ends with 1 then.
    ///
    /// What was cut off at an end, or sealed anew, is found with `--first` and `--head`; it says what is not proven.
    Verify {
        /// The export, with all its parts one after the other.
        file: PathBuf,
        /// A hash that is known from elsewhere, such as `hash` of GET /audit/head: the chain must lead through it.
        #[arg(long, value_name = "HASH")]
        head: Option<Hash>,
        /// An entry that the export must reach back to: `first` of GET /audit/head, asked just before.
        #[arg(long, value_name = "NUMBER")]
        first: Option<u64>,
    },
}

#[derive(Debug, Args)]
pub struct Data {
    /// The folder that holds the data file and the key file [default: larder in the user's data folder]
    #[arg(long = "data", value_name = "DIR", env = "LARDER_DATA", global = true)]
    folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to accept connections; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", env = "LARDER_LISTEN", default_value = "127.0.0.1:4747")]
    pub listen: String,

    /// Print one line of JSON, once ready: `url`, `mcp`, `data`, `sign_in` and `owner_token`.
    #[arg(long, env = "LARDER_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,

    /// `host:port` pairs that webhooks may reach although they are private or without TLS, separated by commas.
    #[arg(long, value_name = "PAIRS", env = "LARDER_OUTBOUND_ALLOW", default_value = "")]
    pub outbound_allow: String,

    /// Host names, besides those of this machine, that callers may use for it, separated by commas.
    #[arg(long, value_name = "NAMES", env = "LARDER_HOSTS", default_value = "")]
    pub hosts: String,

    /// What to log to standard error: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", env = "LARDER_LOG", default_value = "warn")]
    pub log: tracing::Level,
}

impl Data {
    /// Where programs of this user keep their data, by the conventions of the system.
    pub fn folder(&self) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| {
            let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
            let home = || of("HOME").unwrap_or_default();
            let shared = if cfg!(target_os = "macos") {
                home().join("Library/Application Support")
            } else {
                of("XDG_DATA_HOME").unwrap_or_else(|| home().join(".local/share"))
            };
            shared.join("larder")
        })
    }
}
