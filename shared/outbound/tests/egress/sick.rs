//! Hosts that never end what they answer: whoever asked them is free again in time, and has read no more than it wants.

use crate::places::get;
use domain::outbound::{Answer, Caps, Outbound as _, OutboundError};
use outbound::{Egress, Exempt};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

const CAPS: Caps = Caps { time: Duration::from_secs(1), bytes: 1_000 };
/// What the two sides' sockets hold besides, and the longest head that is read.
const MOST_TAKEN: usize = 8 << 20;

/// Sent first, and then over and over, with a pause before each.
struct Manners {
    first: &'static str,
    again: &'static str,
    pause: Duration,
}

const AT_ONCE: Duration = Duration::ZERO;
const SLOWLY: Duration = Duration::from_millis(50);

/// How long it took, what came of it, and how many bytes the host got rid of.
async fn asked(manners: Manners) -> (Duration, Result<Answer, OutboundError>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let host = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        answers(socket, manners).await
    });
    let egress = Egress::new(Exempt::parse(&place));
    let mut request = get(&format!("http://{place}/"));
    request.caps = CAPS;
    let began = Instant::now();
    let answer = egress.send(request).await;
    let took = began.elapsed();
    drop(egress);
    (took, answer, host.await.unwrap())
}

/// Until nobody takes any more.
async fn answers(mut socket: TcpStream, Manners { first, again, pause }: Manners) -> usize {
    let _ = socket.read(&mut [0; 1_024]).await.unwrap();
    let mut sent = first.len();
    if socket.write_all(first.as_bytes()).await.is_err() {
        return 0;
    }
    if again.is_empty() {
        // Holds the line until the other side lets go.
        while socket.read(&mut [0; 1_024]).await.is_ok_and(|read| read > 0) {}
        return sent;
    }
    loop {
        sleep(pause).await;
        if socket.write_all(again.as_bytes()).await.is_err() {
            return sent;
        }
        sent += again.len();
    }
}

/// A machine that is busy is given this much longer.
const LATE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn whoever_asks_is_free_again_in_time() {
    let more = "x".repeat(60_000);
    let header: &'static str = format!("x-{more}: 1\r\n").leak();
    let chunk: &'static str = format!("ea60\r\n{more}\r\n").leak();
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let hosts = [
        ("says nothing", "", "", AT_ONCE),
        ("says a part of a head", "HTTP/1.1 200 OK\r\nx: ", "", AT_ONCE),
        ("says a head by letters", "HTTP/1.1 200 OK\r\nx: ", "a", SLOWLY),
        ("has ever more headers", "HTTP/1.1 200 OK\r\n", header, AT_ONCE),
        ("has us go on, over and over", "", "HTTP/1.1 100 Continue\r\n\r\n", AT_ONCE),
        ("speaks no HTTP", "", "what?\r\n", AT_ONCE),
        ("says a body by letters", "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n", "b", SLOWLY),
        ("never ends its body", chunked, chunk, AT_ONCE),
        (
            "promises more than there is",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n",
            chunk,
            AT_ONCE,
        ),
    ];
    let all =
        hosts.map(|(what, first, again, pause)| (what, tokio::spawn(asked(Manners { first, again, pause }))));
    for (what, one) in all {
        let (took, answer, sent) = one.await.unwrap();
        println!("a host that {what}: {took:.1?}, {sent} bytes sent");
        assert!(took <= CAPS.time + LATE, "{what}: {took:?}");
        assert!(sent <= MOST_TAKEN, "{what}: {sent} bytes were taken");
        assert!(
            answer.as_ref().is_ok_and(|answer| answer.body.len() <= CAPS.bytes) || answer.is_err(),
            "{what}"
        );
        assert_eq!(answer.is_ok(), what.contains("body") || what.contains("promises"), "{what}: {answer:?}");
    }
}
