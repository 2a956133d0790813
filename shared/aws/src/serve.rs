//! Answering HTTP on Lambda: the function's routes behind API Gateway.

use crate::{Error, Ports, log};
use domain::outbound::{Nowhere, Outbound};
use lambda_http::Request;
use lambda_http::request::RequestContext;
use lambda_http::tower::ServiceBuilder;
use std::sync::Arc;
use std::time::Duration;
use web::{App, Identity, NoOwner, Peer, Routes};

/// How long the start waits for the store: connections and keys that are made then are made with the whole processor,
/// which a start is lent, and not with the share of it that a call gets.
const MOST_WARMING: Duration = Duration::from_millis(15);

/// How a function knows its owners, and through what it asks about them and for them.
pub type Owners = fn(&Ports) -> Result<(Arc<dyn Identity>, Arc<dyn Outbound>), Error>;

/// By the tokens of the configured issuer.
pub fn oidc_owner() -> Owners {
    |ports| Ok((Arc::new(ports.oidc()?), ports.outbound()?))
}

/// For functions without a route of the owner's.
pub fn no_owner() -> Owners {
    |_| Ok((Arc::new(NoOwner), Arc::new(Nowhere)))
}

pub async fn serve(routes: Routes, owners: Owners) -> Result<(), Error> {
    log::start();
    let ports = Ports::from_env()?;
    let (identity, outbound) = owners(&ports)?;
    let app = App::new(web::Ports {
        table: ports.table()?,
        keys: ports.data_keys()?,
        ledger: ports.ledger()?,
        identity,
        reach: ports.reach(),
        outbound,
        site: ports.site()?,
        clock: ports.clock(),
        entropy: ports.entropy(),
    });
    let warming = tokio::spawn(warm(app.clone()));
    // What is not done by then goes on beside the first call, which waits for it if it needs it.
    let _ = tokio::time::timeout(MOST_WARMING, warming).await;
    lambda_http::run(ServiceBuilder::new().map_request(with_peer).service(routes.serve(app))).await
}

/// The gateway knows who called it; what a client says of itself counts for nothing.
fn with_peer(mut request: Request) -> Request {
    let context = request.extensions().get::<RequestContext>();
    let address = match context {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => None,
    };
    if let Some(address) = address.and_then(|address| address.parse().ok()) {
        request.extensions_mut().insert(Peer(address));
    }
    request
}

async fn warm(app: App) {
    if let Err(error) = app.keys.signing().await {
        tracing::warn!(%error, "not warm");
    }
}
