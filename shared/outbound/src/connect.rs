//! Opens a connection to an address that was checked: a literal is judged as it stands, a name by what it resolves
//! to, and no second look-up can answer differently.

use crate::Exempt;
use crate::address::is_public;
use crate::wires::Wires;
use http::Uri;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

const RESOLVE: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Connect {
    exempt: Exempt,
    wires: Arc<dyn Wires>,
}

#[derive(Debug)]
pub(crate) struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not a public address", self.0)
    }
}

impl std::error::Error for Refused {}

impl Connect {
    pub(crate) fn new(exempt: Exempt, wires: Arc<dyn Wires>) -> Self {
        Self { exempt, wires }
    }

    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(literal) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(literal, port)]);
        }
        timeout(RESOLVE, self.wires.look_up(host, port)).await?
    }
}

impl Service<Uri> for Connect {
    type Response = TokioIo<TcpStream>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
            let may_be_private = this.exempt.holds(uri.host().unwrap_or_default(), port);
            let addresses = this.resolve(&host, port).await?;
            let refused = addresses.iter().find(|address| !may_be_private && !is_public(address.ip()));
            // A name with one private address among public ones is refused whole: it is aiming.
            if let Some(refused) = refused {
                return Err(Refused(format!("{host} ({})", refused.ip())).into());
            }
            let stream = timeout(CONNECT, this.wires.dial(&addresses)).await??;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}
