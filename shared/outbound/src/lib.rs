//! `Outbound`: the one way out. What is asked for is parsed once, its name is resolved here, and the connection goes
//! to the very address that was checked; nothing private is reached, no redirect is followed, and an answer is
//! bounded in time and size.

mod address;
mod connect;
mod wires;

pub use wires::Wires;

use address::is_public;
use async_trait::async_trait;
use bytes::Bytes;
use connect::Connect;
use domain::outbound::{Answer, Caps, Method, Outbound, OutboundError, Reach, Request};
use http::{HeaderName, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

pub struct Egress {
    client: Client<HttpsConnector<Connect>, Full<Bytes>>,
    exempt: Exempt,
}

/// `host:port` pairs that may be reached although they are private or without TLS: the owner's own choice.
#[derive(Debug, Clone, Default)]
pub struct Exempt(Arc<[String]>);

impl Exempt {
    /// From a list with commas.
    pub fn parse(list: &str) -> Self {
        Self(list.split(',').map(|pair| pair.trim().to_lowercase()).filter(|pair| !pair.is_empty()).collect())
    }

    fn holds(&self, host: &str, port: u16) -> bool {
        self.0.contains(&format!("{host}:{port}"))
    }
}

impl Reach for Exempt {
    fn permits(&self, url: &Url) -> Result<(), OutboundError> {
        let forbidden = |why: &str| Err(OutboundError::Forbidden(why.to_owned()));
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return forbidden("a URL with a host is needed");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return forbidden("a URL with credentials");
        }
        let private = match host {
            Host::Ipv4(address) => !is_public(address.into()),
            Host::Ipv6(address) => !is_public(address.into()),
            Host::Domain(name) => is_local_name(name),
        };
        match (url.scheme(), port) {
            _ if self.holds(&host.to_string(), port) => Ok(()),
            _ if private => forbidden("a private address"),
            ("https", 443 | 8443) => Ok(()),
            ("https", _) => forbidden("a port other than 443 and 8443"),
            _ => forbidden("anything but https"),
        }
    }
}

/// Names that no public address has.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or(name);
    !name.contains('.') || ["localhost", "local", "internal", "home", "lan", "arpa"].contains(&last)
}

impl Egress {
    pub fn new(exempt: Exempt) -> Self {
        Self::over(exempt, Arc::new(wires::System))
    }

    pub fn over(exempt: Exempt, wires: Arc<dyn Wires>) -> Self {
        let https = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1();
        let https = https.wrap_connector(Connect::new(exempt.clone(), wires));
        Self { client: Client::builder(TokioExecutor::new()).build(https), exempt }
    }

    async fn exchange(&self, request: Request) -> Result<Answer, OutboundError> {
        let broken = |error: &dyn std::fmt::Display| OutboundError::Unreachable(error.to_string());
        let uri: http::Uri = request.url.as_str().parse().map_err(|error| broken(&error))?;
        let mut call = http::Request::new(Full::new(Bytes::from(request.body)));
        *call.uri_mut() = uri;
        *call.method_mut() = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
        };
        for (name, value) in request.headers {
            let value = HeaderValue::from_str(&value).map_err(|error| broken(&error))?;
            call.headers_mut().insert(HeaderName::from_static(name), value);
        }
        call.headers_mut().insert(http::header::USER_AGENT, HeaderValue::from_static("Larder"));
        let Caps { time, bytes } = request.caps;
        let until = Instant::now() + time;
        let answer = timeout_at(until, self.client.request(call)).await;
        let answer = answer.map_err(|_| OutboundError::TimedOut)?.map_err(explain)?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(http::header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|after| after.to_str().ok()).map(str::to_owned);
        Ok(Answer { status, retry_after, body: beginning(answer.into_body(), bytes, until).await })
    }
}

/// The status is the answer; of the body as much as comes in time and fits.
async fn beginning(mut body: hyper::body::Incoming, most: usize, until: Instant) -> Vec<u8> {
    let mut beginning = Vec::new();
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let data = frame.into_data().unwrap_or_default();
            let room = most - beginning.len();
            beginning.extend_from_slice(data.get(..room).unwrap_or(&data));
            if beginning.len() == most {
                break;
            }
        }
    };
    let _ = timeout_at(until, reading).await;
    beginning
}

#[async_trait]
impl Outbound for Egress {
    async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        self.exempt.permits(&request.url)?;
        self.exchange(request).await
    }
}

/// The refusal of an address lies deep in the error that the client makes of it.
fn explain(error: hyper_util::client::legacy::Error) -> OutboundError {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    let mut last = error.to_string();
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<connect::Refused>() {
            return OutboundError::Forbidden(refused.to_string());
        }
        last = error.to_string();
        cause = error.source();
    }
    OutboundError::Unreachable(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn get(url: &str) -> Request {
        Request {
            method: Method::Get,
            url: url.parse().unwrap(),
            headers: vec![],
            body: String::new(),
            caps: Caps::default(),
        }
    }

    async fn answer_once(listener: &TcpListener, answer: &str) {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1024];
        let _ = socket.read(&mut asked).await.unwrap();
        socket.write_all(answer.as_bytes()).await.unwrap();
    }

    #[tokio::test]
    async fn private_places_are_not_reached() {
        let egress = Egress::new(Exempt::default());
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://localhost/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/",
            "https://user:secret@example.com/",
            "http://example.com/",
            "https://example.com:22/",
        ] {
            let refused = egress.send(get(url)).await;
            assert!(matches!(refused, Err(OutboundError::Forbidden(_))), "{url}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn an_exempt_place_is_reached_and_its_redirect_is_not_followed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let egress = Egress::new(Exempt::parse(&format!(" {place} ,")));
        let moved = "HTTP/1.1 302 Found\r\nlocation: https://10.0.0.1/\r\ncontent-length: 2\r\n\r\nno";
        let (answer, ()) =
            tokio::join!(egress.send(get(&format!("http://{place}/"))), answer_once(&listener, moved));
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (302, b"no".as_slice()));
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let egress = Egress::new(Exempt::parse(&place.to_string()));
        let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(Caps::default().bytes + 1));
        let url = format!("http://{place}/");
        let serve = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let _ = socket.read(&mut asked).await.unwrap();
            let _ = socket.write_all(long.as_bytes()).await;
        };
        let (answer, ()) = tokio::join!(egress.send(get(&url)), serve);
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, Caps::default().bytes));
    }
}
