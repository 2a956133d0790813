//! The Lambda service as one function sees it: starts the function cold some times over, hands out events, and
//! measures both. The function inherits the environment, and what the service always sets is added.

use bench::answer::Head;
use bench::spread::Spread;
use bench::{Fallible, process};
use clap::Parser;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A function that has not asked or answered by then never will.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the service sets besides its own address.
const ALWAYS_SET: [(&str, &str); 5] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
];

#[derive(Parser)]
struct Options {
    #[arg(long, default_value_t = 15)]
    colds: usize,
    /// The event to invoke with; none measures the start alone.
    #[arg(long)]
    event: Option<PathBuf>,
    /// What every answer must contain.
    #[arg(long, default_value = "\"statusCode\":200")]
    expect: String,
    /// Invocations before the warm ones are counted.
    #[arg(long, default_value_t = 200)]
    warming: usize,
    /// Invocations of the warm function.
    #[arg(long, default_value_t = 2000)]
    warm: usize,
    /// Where the output of the function goes.
    #[arg(long)]
    log: PathBuf,
    function: PathBuf,
}

/// One started function and the service that it asks.
struct Function {
    child: Child,
    pid: u32,
    service: TcpListener,
    stream: Option<TcpStream>,
    unread: Vec<u8>,
    invocations: u64,
}

struct Start {
    took: Duration,
    cpu: Duration,
}

struct Invocation {
    took: Duration,
    cpu: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    let options = Options::parse();
    let event = options.event.as_ref().map(fs::read).transpose()?;
    let (mut starts, mut firsts, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    let mut warm_cpu = Duration::ZERO;
    for nth in 1..=options.colds {
        let (mut function, start) = Function::start(&options).await?;
        starts.push(start);
        if let Some(event) = &event {
            firsts.push(function.invoke(event, &options.expect).await?);
            if nth == options.colds {
                for _ in 0..options.warming {
                    function.invoke(event, &options.expect).await?;
                }
                let before = function.cpu()?;
                for _ in 0..options.warm {
                    warm.push(function.invoke(event, &options.expect).await?.took);
                }
                warm_cpu = function.cpu()? - before;
            }
        }
        function.child.kill().await?;
    }
    let init = Spread::of(starts.iter().map(|start| start.took));
    let init_cpu = Spread::of(starts.iter().map(|start| start.cpu));
    let mut figures =
        vec![("init_ms", init.ms(0.5)), ("init_least_ms", init.ms(0.0)), ("init_cpu_ms", init_cpu.ms(0.5))];
    if event.is_some() {
        let first = Spread::of(firsts.iter().map(|first| first.took));
        let first_cpu = Spread::of(firsts.iter().map(|first| first.cpu));
        figures.extend([("first_ms", first.ms(0.5)), ("first_cpu_ms", first_cpu.ms(0.5))]);
        let cpu_us = warm_cpu.as_secs_f64() * 1e6 / warm.len() as f64;
        let warm = Spread::of(warm);
        figures.extend([("warm_us", warm.ms(0.5) * 1e3), ("warm_cpu_us", cpu_us)]);
    }
    let fields: Vec<String> = figures.iter().map(|(name, value)| format!(r#""{name}":{value:.3}"#)).collect();
    writeln!(io::stdout(), "{{{}}}", fields.join(","))?;
    Ok(())
}

impl Function {
    /// Until it asks for its first event.
    async fn start(options: &Options) -> Fallible<(Self, Start)> {
        let service = TcpListener::bind("127.0.0.1:0").await?;
        let log = File::options().create(true).append(true).open(&options.log)?;
        let mut command = Command::new(&options.function);
        command.env("AWS_LAMBDA_RUNTIME_API", service.local_addr()?.to_string()).envs(ALWAYS_SET);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn()?;
        let pid = child.id().ok_or("the function ended at once")?;
        let (stream, unread, invocations) = (None, Vec::new(), 0);
        let mut function = Self { child, pid, service, stream, unread, invocations };
        function.expect_to_be_asked().await?;
        let took = began.elapsed();
        let cpu = function.cpu()?;
        Ok((function, Start { took, cpu }))
    }

    /// Hands out one event; ends when the answer is there and the next event was asked for.
    async fn invoke(&mut self, event: &[u8], expect: &str) -> Fallible<Invocation> {
        self.invocations += 1;
        let deadline = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)? + PATIENCE;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-{:012}\r\n\
             Lambda-Runtime-Deadline-Ms: {}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:bench\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0\r\n\r\n",
            event.len(),
            self.invocations,
            deadline.as_millis(),
        );
        let message = [head.as_bytes(), event].concat();
        let (before, began) = (self.cpu()?, Instant::now());
        self.write(&message).await?;
        let (line, body) = self.read().await?;
        let took = began.elapsed();
        let said = String::from_utf8_lossy(&body).into_owned();
        if !line.contains("/response ") || !said.contains(expect) {
            return Err(format!("the function answered {line}: {said}").into());
        }
        self.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await?;
        self.expect_to_be_asked().await?;
        Ok(Invocation { took, cpu: self.cpu()? - before })
    }

    async fn expect_to_be_asked(&mut self) -> Fallible<()> {
        let (line, body) = self.read().await?;
        if line.contains("/invocation/next ") {
            return Ok(());
        }
        Err(format!("the function said {line}: {}", String::from_utf8_lossy(&body)).into())
    }

    fn cpu(&self) -> Fallible<Duration> {
        Ok(Duration::from_nanos(process::cpu_nanos(self.pid)?))
    }

    async fn write(&mut self, message: &[u8]) -> Fallible<()> {
        Ok(self.stream.as_mut().ok_or("the function has hung up")?.write_all(message).await?)
    }

    /// The first line and the body of what the function sends next. It keeps one connection, or opens one after the
    /// other.
    async fn read(&mut self) -> Fallible<(String, Vec<u8>)> {
        loop {
            if let Some(message) = whole(&mut self.unread) {
                return Ok(message);
            }
            let Some(stream) = &mut self.stream else {
                self.stream = Some(self.accept().await?);
                continue;
            };
            if timeout(PATIENCE, stream.read_buf(&mut self.unread)).await?? == 0 {
                self.stream = None;
            }
        }
    }

    async fn accept(&mut self) -> Fallible<TcpStream> {
        tokio::select! {
            accepted = timeout(PATIENCE, self.service.accept()) => {
                let (stream, _) = accepted.map_err(|_| "the function did not ask for an event in time")??;
                stream.set_nodelay(true)?;
                Ok(stream)
            }
            ended = self.child.wait() => Err(format!("the function ended: {}", ended?).into()),
        }
    }
}

/// Takes one whole message off the front of `unread`, if it is there.
fn whole(unread: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    let head = Head::read(unread)?;
    let (line, start) = (head.line.to_owned(), head.length);
    // What the runtime does not give a length, it sends in chunks; the last is empty.
    let end = match head.body {
        Some(length) => start + length,
        None if line.starts_with("GET") => start,
        None => start + unread.get(start..)?.windows(5).position(|five| five == b"0\r\n\r\n")? + 5,
    };
    let body = unread.get(start..end)?.to_vec();
    unread.drain(..end);
    Some((line, body))
}
