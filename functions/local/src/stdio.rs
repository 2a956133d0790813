//! `larder mcp-stdio`: each line on standard input is a message for the MCP face of a Larder, and each line on standard
//! output one of its answers. Nothing else is ever said there.

mod message;

use crate::cli::McpStdio;
use crate::there::way_to;
use domain::outbound::{Caps, Method, Outbound, Request};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use message::{Message, answers};
use std::io::{self, BufRead, Read as _, Write as _};
use tokio::sync::mpsc;
use url::Url;

/// So many messages are in hand at once; more wait in the pipe.
const MOST_AT_ONCE: usize = 8;

/// Larder takes 256 kB, and says so of what is longer; beyond this it is no message at all.
const MOST_LINE_BYTES: u64 = 16 << 20;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0} cannot be used: a key is only sent to https addresses, and to those of this machine")]
    Address(Url),
    #[error("put the connection's key into LARDER_KEY, or into a file that --key-file names")]
    NoKey,
    #[error("the key cannot be read: {0}")]
    Key(io::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Until standard input ends, and what was in hand is answered.
pub fn run(options: McpStdio) -> Result<(), Failure> {
    let key = options.key().map_err(Failure::Key)?.ok_or(Failure::NoKey)?;
    let way = way_to(&options.url).ok_or_else(|| Failure::Address(options.url.clone()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (lines, given) = mpsc::channel(1);
    let reading = runtime.spawn_blocking(move || read(io::stdin().lock(), &lines));
    let bridge = Bridge { outbound: Box::new(way), url: options.url, key };
    let done = runtime.block_on(async {
        bridge.carry(given, |line| writeln!(io::stdout(), "{line}")).await?;
        reading.await.map_err(io::Error::other)?
    });
    // Where nobody listens any more, nobody waits for what is still to come.
    runtime.shutdown_background();
    Ok(done?)
}

fn read(mut from: impl BufRead, lines: &mpsc::Sender<Vec<u8>>) -> io::Result<()> {
    loop {
        let mut line = Vec::new();
        if from.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.len() as u64 == MOST_LINE_BYTES && !line.ends_with(b"\n") {
            return Err(io::Error::other("a line of more than 16 MB is no message"));
        }
        if lines.blocking_send(line).is_err() {
            return Ok(());
        }
    }
}

pub struct Bridge {
    pub outbound: Box<dyn Outbound>,
    pub url: Url,
    pub key: String,
}

impl Bridge {
    pub async fn carry(
        &self,
        mut lines: mpsc::Receiver<Vec<u8>>,
        mut say: impl FnMut(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut version = None;
        let mut in_hand = FuturesUnordered::new();
        loop {
            let said = tokio::select! {
                Some(said) = in_hand.next() => said,
                line = lines.recv(), if in_hand.len() < MOST_AT_ONCE => {
                    let Some(line) = line else { break };
                    let Some(message) = Message::of(&line) else { continue };
                    let begins = message.begins();
                    let asked = self.ask(message, version.clone());
                    if !begins {
                        in_hand.push(asked);
                        continue;
                    }
                    // What comes after it is said in the version that it settles.
                    let said = asked.await;
                    version = said.iter().find_map(|line| message::version(line)).or(version);
                    said
                }
            };
            said.iter().try_for_each(|line| say(line))?;
        }
        while let Some(said) = in_hand.next().await {
            said.iter().try_for_each(|line| say(line))?;
        }
        Ok(())
    }

    async fn ask(&self, message: Message, version: Option<String>) -> Vec<String> {
        let mut headers = message.headers(version);
        headers.push(("authorization", format!("Bearer {}", self.key)));
        let (url, body) = (self.url.clone(), message.text.clone());
        let request = Request { method: Method::Post, url, headers, body, caps: Caps::default() };
        answers(&message, self.outbound.send(request).await)
    }
}
