//! The other end of webhooks: many endpoints, each with its own manners, that keep what came when. Bad ones become
//! good ones when the control is told to mend them.

use bench::Fallible;
use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::io::{self, Write as _};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

#[derive(Parser)]
struct Options {
    /// How many endpoints of which manners, as in `ok:9,down:5`.
    #[arg(long, value_delimiter = ',', required = true)]
    endpoints: Vec<Wanted>,
    /// What the coins are tossed with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Accepts this many events that it then does not keep: whoever counts what arrived has to find out.
    #[arg(long, default_value_t = 0)]
    forget: usize,
}

#[derive(Clone)]
struct Wanted {
    manners: Manners,
    count: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manners {
    Ok,
    /// Nobody listens.
    Down,
    /// Takes everything in and never answers.
    Hang,
    /// 500 for every second request or so.
    Coin,
    /// Hangs up as soon as it was asked.
    Close,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (manners, count) = text.split_once(':').ok_or("as in ok:9")?;
        let manners = match manners {
            "ok" => Manners::Ok,
            "down" => Manners::Down,
            "hang" => Manners::Hang,
            "coin" => Manners::Coin,
            "close" => Manners::Close,
            other => return Err(format!("{other} is none of ok, down, hang, coin, close")),
        };
        Ok(Self { manners, count: count.parse().map_err(|_| "a count is needed")? })
    }
}

struct Sink {
    mended: watch::Sender<bool>,
    kept: Mutex<Kept>,
}

struct Kept {
    arrived: Vec<Arrival>,
    coin: u64,
    forget: usize,
}

struct Arrival {
    endpoint: usize,
    at_micros: u128,
    event: String,
    subject: String,
    status: StatusCode,
}

// Several threads, so that twenty endpoints do not wait for one another.
#[tokio::main(worker_threads = 2)]
async fn main() -> Fallible<()> {
    let options = Options::parse();
    let kept = Kept { arrived: vec![], coin: options.seed | 1, forget: options.forget };
    let sink = Arc::new(Sink { mended: watch::channel(false).0, kept: Mutex::new(kept) });
    let all = options.endpoints.iter().flat_map(|wanted| std::iter::repeat_n(wanted.manners, wanted.count));
    let mut addresses = vec![];
    for (nth, manners) in all.enumerate() {
        let socket = TcpSocket::new_v4()?;
        // Bound and not listening: the port is ours, and whoever comes is refused.
        socket.bind(([127, 0, 0, 1], 0).into())?;
        addresses.push(socket.local_addr()?.to_string());
        tokio::spawn(endpoint(Arc::clone(&sink), nth, manners, socket));
    }
    let control = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(
        io::stdout(),
        "{}",
        json!({ "control": control.local_addr()?.to_string(), "endpoints": addresses })
    )?;
    loop {
        let (stream, _) = control.accept().await?;
        let sink = Arc::clone(&sink);
        serve(stream, move |request| command(Arc::clone(&sink), request))?;
    }
}

async fn endpoint(sink: Arc<Sink>, nth: usize, manners: Manners, socket: TcpSocket) -> io::Result<()> {
    if manners == Manners::Down {
        let _ = sink.mended.subscribe().wait_for(|&mended| mended).await;
    }
    let listener = socket.listen(1024)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let sink = Arc::clone(&sink);
        serve(stream, move |request| receive(Arc::clone(&sink), nth, manners, request))?;
    }
}

fn serve<F>(stream: TcpStream, answer: impl Fn(Request<Incoming>) -> F + Send + 'static) -> io::Result<()>
where
    F: Future<Output = Fallible<Response<Full<Bytes>>>> + Send + 'static,
{
    stream.set_nodelay(true)?;
    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
    Ok(())
}

async fn receive(
    sink: Arc<Sink>,
    endpoint: usize,
    manners: Manners,
    request: Request<Incoming>,
) -> Fallible<Response<Full<Bytes>>> {
    let is_mended = *sink.mended.borrow();
    if manners == Manners::Close && !is_mended {
        return Err("closed early".into());
    }
    let event =
        request.headers().get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let at_micros = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    if manners == Manners::Hang && !is_mended {
        return std::future::pending().await;
    }
    let told: Value = serde_json::from_slice(&body)?;
    let subject = told.pointer("/data/id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut kept = sink.kept.lock().unwrap_or_else(PoisonError::into_inner);
    let status = match manners {
        Manners::Coin if !is_mended && kept.toss() => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    };
    if kept.forget > 0 && status == StatusCode::OK {
        kept.forget -= 1;
    } else {
        kept.arrived.push(Arrival { endpoint, at_micros, event, subject, status });
    }
    drop(kept);
    answer(status, Bytes::new())
}

async fn command(sink: Arc<Sink>, request: Request<Incoming>) -> Fallible<Response<Full<Bytes>>> {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/mend") => {
            sink.mended.send_replace(true);
            answer(StatusCode::OK, Bytes::new())
        }
        (&Method::GET, "/arrived") => {
            let known: usize = request.uri().query().unwrap_or_default().parse()?;
            let kept = sink.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let new: Vec<_> = kept.arrived.iter().skip(known).map(Arrival::row).collect();
            drop(kept);
            answer(StatusCode::OK, serde_json::to_vec(&new)?.into())
        }
        (&Method::GET, "/count") => {
            let count = sink.kept.lock().unwrap_or_else(PoisonError::into_inner).arrived.len();
            answer(StatusCode::OK, count.to_string().into())
        }
        _ => answer(StatusCode::NOT_FOUND, Bytes::new()),
    }
}

fn answer(status: StatusCode, body: Bytes) -> Fallible<Response<Full<Bytes>>> {
    Ok(Response::builder().status(status).body(Full::new(body))?)
}

impl Kept {
    /// Xorshift: the same faces for the same seed.
    fn toss(&mut self) -> bool {
        self.coin ^= self.coin << 13;
        self.coin ^= self.coin >> 7;
        self.coin ^= self.coin << 17;
        self.coin & 1 == 1
    }
}

impl Arrival {
    fn row(&self) -> Value {
        let at = u64::try_from(self.at_micros).unwrap_or(u64::MAX);
        json!([self.endpoint, at, self.event, self.subject, self.status.as_u16()])
    }
}
