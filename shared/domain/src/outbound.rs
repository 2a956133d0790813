//! Port: one HTTP request to the outside. Whoever implements it lets nothing through to a private network.

use async_trait::async_trait;
use std::time::Duration;
use url::Url;

#[async_trait]
pub trait Outbound: Send + Sync {
    async fn send(&self, request: Request) -> Result<Answer, OutboundError>;
}

/// For functions that ask nobody.
pub struct Nowhere;

#[async_trait]
impl Outbound for Nowhere {
    async fn send(&self, _: Request) -> Result<Answer, OutboundError> {
        Err(OutboundError::Forbidden("this function asks nobody".to_owned()))
    }
}

/// Which addresses may be asked for at all. A name may still turn out to be a private address when it is sent to.
pub trait Reach: Send + Sync {
    fn permits(&self, url: &Url) -> Result<(), OutboundError>;
}

#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub caps: Caps,
}

/// How long head and body of an answer may take, and how much of the body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    pub time: Duration,
    pub bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// As it was sent, if it was.
    pub retry_after: Option<String>,
    /// As much of it as came in time and fits.
    pub body: Vec<u8>,
}

impl Default for Caps {
    fn default() -> Self {
        Self { time: Duration::from_secs(20), bytes: 1 << 20 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("not allowed: {0}")]
    Forbidden(String),
    #[error("no answer: {0}")]
    Unreachable(String),
    #[error("no answer in time")]
    TimedOut,
}
