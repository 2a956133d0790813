//! Accepts connections, each bounded in time and memory, and lets those in hand finish at the end.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

/// More wait until one ends; each may hold this much of a request's head.
const MOST_CONNECTIONS: usize = 512;
const MOST_HEAD_BYTES: usize = 64 * 1024;

/// How long a client may take to send a head, and a whole call to be sent and answered.
const HEAD: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(30);

pub(crate) async fn listen(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let open = GracefulShutdown::new();
    let mut settings = http1::Builder::new();
    settings.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MOST_HEAD_BYTES);
    let stop = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, place)) = accepted else {
            // Out of file handles, say: whoever ends a connection makes room.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let served = open.watch(settings.serve_connection(TokioIo::new(stream), calls(router.clone())));
        tokio::spawn(async move {
            let _ = served.await;
            drop(place);
        });
    }
    drop(listener);
    open.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Small answers leave at once.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

fn calls(
    router: Router,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response,
    Error = Infallible,
    Future = impl Future<Output = Result<Response, Infallible>> + Send + 'static,
> {
    service_fn(move |request: Request<Incoming>| {
        let call = router.clone().oneshot(request.map(Body::new));
        async move {
            let late = |_| {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
                Ok(response)
            };
            tokio::time::timeout(CALL, call).await.unwrap_or_else(|elapsed| late(elapsed))
        }
    })
}
