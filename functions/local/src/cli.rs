//! The command line. Every flag has a `LARDER_…` variable; nothing else reads the environment.

use clap::ValueEnum;
use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use domain::audit::Hash;
use std::io;
use std::path::{Path, PathBuf};
use url::Url;

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
    /// Writes all of the data into one file, which `larder import` takes in: this machine's, or any other Larder's.
    Export(Export),
    /// Takes in what `larder export` wrote, into this machine's data or any other Larder's. To run it again changes
    /// nothing more. It ends with 1 if an item did not fit; all others are taken in.
    Import(Import),
    /// Stands for a Larder where an agent can only start a command: what comes on standard input goes to its MCP
    /// address, and what it answers to standard output.
    McpStdio(McpStdio),
}

#[derive(Debug, Args)]
pub struct Export {
    /// The address of the Larder that it is taken from [default: this machine's data, whether larder runs or not]
    #[arg(long, value_name = "URL", env = "LARDER_FROM")]
    pub from: Option<Url>,
    /// Where it is written; `-` is standard output.
    #[arg(long, value_name = "FILE", env = "LARDER_TO", default_value = "-")]
    pub to: PathBuf,
    /// As one JSON document, or that within a zip [default: zip if the file is called so]
    #[arg(long, env = "LARDER_FORMAT")]
    format: Option<Format>,
    #[command(flatten)]
    pub token: Token,
}

#[derive(Debug, Args)]
pub struct Import {
    /// What `larder export` wrote, JSON or zip; `-` is standard input.
    pub file: PathBuf,
    /// The address of the Larder that takes it in [default: this machine's data, whether larder runs or not]
    #[arg(long, value_name = "URL", env = "LARDER_INTO")]
    pub into: Option<Url>,
    /// Overwrite what is there with other content, which stays otherwise.
    #[arg(long, env = "LARDER_REPLACE", value_parser = BoolishValueParser::new())]
    pub replace: bool,
    /// Say what would be done, and do nothing.
    #[arg(long, env = "LARDER_DRY_RUN", value_parser = BoolishValueParser::new())]
    pub dry_run: bool,
    #[command(flatten)]
    pub token: Token,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Json,
    Zip,
}

/// An owner's token for a Larder elsewhere.
#[derive(Debug, Args)]
pub struct Token {
    /// The file that holds an owner's token of the Larder elsewhere; without it, LARDER_TOKEN is one.
    #[arg(long, value_name = "FILE", env = "LARDER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct McpStdio {
    /// The MCP address, as larder prints it: https, or on this machine.
    #[arg(long, value_name = "URL", env = "LARDER_URL")]
    pub url: Url,
    /// The file that holds the connection's key; without it, LARDER_KEY is the key.
    #[arg(long, value_name = "FILE", env = "LARDER_KEY_FILE")]
    key_file: Option<PathBuf>,
}

impl McpStdio {
    pub fn key(&self) -> io::Result<Option<String>> {
        secret(self.key_file.as_deref(), "LARDER_KEY")
    }
}

impl Export {
    pub fn format(&self) -> Format {
        let is_zip = self.to.extension().is_some_and(|name| name.eq_ignore_ascii_case("zip"));
        self.format.unwrap_or(if is_zip { Format::Zip } else { Format::Json })
    }
}

impl Token {
    pub fn read(&self) -> io::Result<Option<String>> {
        secret(self.token_file.as_deref(), "LARDER_TOKEN")
    }
}

/// What the file holds, else the variable; neither is seen by other users of the machine, as an argument would be.
fn secret(file: Option<&Path>, variable: &str) -> io::Result<Option<String>> {
    let secret = match file {
        Some(file) => Some(std::fs::read_to_string(file)?),
        None => std::env::var(variable).ok(),
    };
    Ok(secret.map(|secret| secret.trim().to_owned()).filter(|secret| !secret.is_empty()))
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

    /// The address that clients use, if it is another one than they call this machine by: that of a proxy before it.
    #[arg(long, value_name = "URL", env = "LARDER_PUBLIC_URL")]
    pub public_url: Option<Url>,

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
