//! Wires that answer look-ups by a rule, and end every dialling at a listener of the test, counted by whether the
//! address that was dialled is one that nobody may reach.

use async_trait::async_trait;
use domain::outbound::{Caps, Method, Request};
use outbound::Wires;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};

type Names = Box<dyn Fn(usize) -> Vec<IpAddr> + Send + Sync>;

pub(crate) struct Places {
    names: Names,
    listener: TcpListener,
    pub(crate) asked: AtomicUsize,
    pub(crate) public: AtomicUsize,
    pub(crate) private: AtomicUsize,
}

impl Places {
    /// `names` is given how many look-ups there were before.
    pub(crate) async fn new(names: impl Fn(usize) -> Vec<IpAddr> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let [asked, public, private] = [(); 3].map(|()| AtomicUsize::new(0));
        Self { names: Box::new(names), listener, asked, public, private }
    }

    pub(crate) fn counted(&self) -> (usize, usize) {
        (self.public.load(Ordering::SeqCst), self.private.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Wires for Places {
    async fn look_up(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let before = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok((self.names)(before).into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    async fn dial(&self, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
        let is_allowed = addresses.iter().all(|address| PUBLIC.contains(&address.ip().to_string().as_str()));
        let count = if is_allowed { &self.public } else { &self.private };
        count.fetch_add(1, Ordering::SeqCst);
        let stream = TcpStream::connect(self.listener.local_addr()?).await?;
        drop(self.listener.accept().await?);
        Ok(stream)
    }
}

/// What may be reached here; all else that is dialled is a hit. Written out, so that the test does not judge by the
/// code it tests.
pub(crate) const PUBLIC: [&str; 6] = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "2606:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2001:4860:4860::8888",
];

pub(crate) fn public(nth: usize) -> IpAddr {
    PUBLIC[nth % PUBLIC.len()].parse().unwrap()
}

pub(crate) fn get(url: &str) -> Request {
    let (headers, caps) = (vec![], Caps::default());
    Request { method: Method::Get, url: url.parse().unwrap(), headers, body: String::new(), caps }
}
