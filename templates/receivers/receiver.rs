//! Receives Larder's webhooks: checks that they are genuine, drops what came before, and hands each event on once.
//!
//!     WEBHOOK_SECRET=whsec_… PORT=9000 cargo run
//!
//! as `src/main.rs` of a package with `cargo add base64 ring serde_json`. The secret is the `whsec_…` that was shown when
//! the webhook was made, or, of one that signs by `v1a`, its public key `whpk_…`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{hmac, signature};
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use std::env;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Error as IoError, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How many seconds the sender's clock and this one may be apart.
const TOLERANCE: u64 = 5 * 60;
const MOST_BYTES: u64 = 1024 * 1024;
const MOST_HEAD_BYTES: u64 = 32 * 1024;
const REMEMBERED: usize = 10_000;

type Headers = HashMap<String, String>;

/// What is to be done with an event: yours to write. Whoever returns an error is told again later.
fn handle(event: &Value) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{event}")?)
}

/// Whether these very bytes were signed by who knows the secret, a moment ago.
fn verify(secret: &str, headers: &Headers, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
    let (id, sent) = (header("webhook-id"), header("webhook-timestamp"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if sent.parse().map_or(true, |sent: u64| now.abs_diff(sent) > TOLERANCE) {
        return false;
    }
    let Some((kind, key)) = secret.split_once('_') else { return false };
    let Some(key) = STANDARD.decode(key).ok().filter(|key| key.len() >= 24) else { return false };
    let signed = [format!("{id}.{sent}.").as_bytes(), body].concat();
    header("webhook-signature").split(' ').any(|one| {
        let Some((version, text)) = one.split_once(',') else { return false };
        let Ok(given) = STANDARD.decode(text) else { return false };
        match (kind, version) {
            ("whsec", "v1") => {
                hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed, &given).is_ok()
            }
            ("whpk", "v1a") => {
                signature::UnparsedPublicKey::new(&signature::ED25519, &key).verify(&signed, &given).is_ok()
            }
            _ => false,
        }
    })
}

/// Ids that were handled, and in which order; who is started anew should find them in a database.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    fn once(&mut self, id: &str, event: &Value) -> Result<(), Box<dyn Error>> {
        if self.ids.contains(id) {
            return Ok(());
        }
        handle(event)?;
        self.ids.insert(id.to_owned());
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        Ok(())
    }
}

fn read(stream: &TcpStream) -> Result<(Headers, Vec<u8>), IoError> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut head = BufReader::new(stream).take(MOST_HEAD_BYTES);
    let (mut headers, mut line) = (Headers::new(), String::new());
    while head.read_line(&mut line)? > 0 && !line.trim().is_empty() {
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        line.clear();
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let length = length.filter(|length| *length <= MOST_BYTES);
    let length = length.ok_or_else(|| IoError::other("no length, or too much of it"))?;
    let mut body = Vec::new();
    head.into_inner().take(length).read_to_end(&mut body)?;
    Ok((headers, body))
}

fn receive(stream: &TcpStream, secret: &str, seen: &Mutex<Seen>) -> &'static str {
    let Ok((headers, body)) = read(stream) else { return "400 Bad Request" };
    if !verify(secret, &headers, &body) {
        return "401 Unauthorized";
    }
    let id = headers.get("webhook-id").map(String::as_str).unwrap_or_default();
    let event = serde_json::from_slice(&body).map_err(Into::into);
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    match event.and_then(|event| seen.once(id, &event)) {
        Ok(()) => "204 No Content",
        Err(_) => "500 Internal Server Error",
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let set = |name: &str, otherwise: &str| env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    let secret: Arc<str> = env::var("WEBHOOK_SECRET")?.into();
    let listener = TcpListener::bind((set("HOST", "127.0.0.1"), set("PORT", "9000").parse()?))?;
    writeln!(std::io::stderr(), "listening on http://{}", listener.local_addr()?)?;
    let seen = Arc::<Mutex<Seen>>::default();
    for mut stream in listener.incoming().flatten() {
        let (secret, seen) = (Arc::clone(&secret), Arc::clone(&seen));
        thread::spawn(move || {
            let status = receive(&stream, &secret, &seen);
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        });
    }
    Ok(())
}
