//! What is asked of the system: an address for a name, and a connection to an address. Looked up once, dialled as
//! checked; it is a trait so that a test can answer each look-up otherwise and see where the dialling goes.

use async_trait::async_trait;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpStream, lookup_host};

#[async_trait]
pub trait Wires: Send + Sync {
    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
    /// To the first that answers.
    async fn dial(&self, addresses: &[SocketAddr]) -> io::Result<TcpStream>;
}

pub(crate) struct System;

#[async_trait]
impl Wires for System {
    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }

    async fn dial(&self, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
        TcpStream::connect(addresses).await
    }
}
