//! The load: keep-alive connections that send prepared bytes and look at no more of an answer than whether it is the
//! expected one. It shares the processors with the server, so it has to be cheap: one thread, two system calls for
//! each request.

use bench::answer::Head;
use bench::spread::Spread;
use bench::{Fallible, process};
use clap::Parser;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

#[derive(Parser)]
struct Options {
    #[arg(long)]
    to: SocketAddr,
    /// Files that hold one request each; connections take turns through them.
    #[arg(long, required = true, num_args = 1..)]
    requests: Vec<PathBuf>,
    /// The status that every answer must have.
    #[arg(long, default_value_t = 200)]
    status: u16,
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Sends this many, instead of as many as it can.
    #[arg(long)]
    count: Option<usize>,
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// How long to load before measuring.
    #[arg(long, default_value_t = 0.0)]
    warm: f64,
    /// The server, to read its processor time.
    #[arg(long)]
    pid: u32,
}

/// When a connection stops.
#[derive(Clone, Copy)]
enum Until {
    Sent(usize),
    Time(Instant),
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    /// When each answer was complete, and how long it took.
    answers: Vec<(Instant, Duration)>,
    wrong: usize,
    bytes: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    LocalSet::new().run_until(measure(Options::parse())).await
}

async fn measure(options: Options) -> Fallible<()> {
    let requests = options.requests.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
    let requests: Rc<[Vec<u8>]> = requests.into();
    let mut streams = Vec::new();
    for _ in 0..options.connections {
        let stream = TcpStream::connect(options.to).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let from = Instant::now() + Duration::from_secs_f64(options.warm);
    let to = from + Duration::from_secs_f64(options.seconds);
    let mut running = Vec::new();
    for (nth, stream) in streams.into_iter().enumerate() {
        let until = match options.count {
            Some(count) => Until::Sent(share(count, nth, options.connections)),
            None => Until::Time(to),
        };
        running.push(tokio::task::spawn_local(drive(
            stream,
            Rc::clone(&requests),
            nth,
            until,
            options.status,
        )));
    }

    tokio::time::sleep_until(from.into()).await;
    let (before, began) = (process::cpu_nanos(options.pid)?, Instant::now());
    if options.count.is_none() {
        tokio::time::sleep_until(to.into()).await;
    }
    let mut seen = Vec::new();
    let (mut after, mut ended) = (process::cpu_nanos(options.pid)?, Instant::now());
    for connection in running {
        seen.push(connection.await??);
    }
    if options.count.is_some() {
        (after, ended) = (process::cpu_nanos(options.pid)?, Instant::now());
    }
    report(&seen, began, ended, after - before)
}

/// Of `count` requests, those of the `nth` connection.
fn share(count: usize, nth: usize, connections: usize) -> usize {
    count / connections + usize::from(nth < count % connections)
}

async fn drive(
    mut stream: TcpStream,
    requests: Rc<[Vec<u8>]>,
    first: usize,
    until: Until,
    status: u16,
) -> io::Result<Seen> {
    let mut seen = Seen::default();
    let mut buffer = vec![0; 64 * 1024];
    for request in requests.iter().cycle().skip(first % requests.len()) {
        let sent = Instant::now();
        let more = match until {
            Until::Sent(count) => seen.answers.len() < count,
            Until::Time(end) => sent < end,
        };
        if !more {
            break;
        }
        stream.write_all(request).await?;
        let (found, bytes) = receive(&mut stream, &mut buffer).await?;
        let now = Instant::now();
        seen.answers.push((now, now - sent));
        seen.wrong += usize::from(found != Some(status));
        seen.bytes = bytes;
    }
    Ok(seen)
}

/// The status of one answer and the length of its body.
async fn receive(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<(Option<u16>, usize)> {
    let mut filled = 0;
    loop {
        let free = buffer.get_mut(filled..).unwrap_or_default();
        let read = stream.read(free).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        let Some(head) = buffer.get(..filled).and_then(Head::read) else { continue };
        let length = head.body.ok_or(io::ErrorKind::InvalidData)?;
        let (status, mut missing) = (head.status(), (head.length + length).saturating_sub(filled));
        while missing > 0 {
            // Nobody looks at the body, so it may overwrite itself.
            let read = stream.read(buffer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            missing = missing.saturating_sub(read);
        }
        return Ok((status, length));
    }
}

fn report(seen: &[Seen], began: Instant, ended: Instant, cpu: u64) -> Fallible<()> {
    let answers = seen.iter().flat_map(|seen| &seen.answers);
    let within: Vec<Duration> =
        answers.filter(|(at, _)| (began..=ended).contains(at)).map(|&(_, took)| took).collect();
    let count = within.len() as f64;
    let wrong: usize = seen.iter().map(|seen| seen.wrong).sum();
    let sizes = || seen.iter().map(|seen| seen.bytes);
    let (least, most) = (sizes().min().unwrap_or_default(), sizes().max().unwrap_or_default());
    let (rate, cpu) = (count / (ended - began).as_secs_f64(), cpu as f64 / 1e3 / count);
    let spread = Spread::of(within);
    let (half, tail) = (spread.ms(0.5), spread.ms(0.99));
    writeln!(
        io::stdout(),
        r#"{{"count":{count},"wrong":{wrong},"least_bytes":{least},"most_bytes":{most},"per_second":{rate:.1},"p50_ms":{half:.4},"p99_ms":{tail:.4},"cpu_us":{cpu:.3}}}"#
    )?;
    Ok(())
}
