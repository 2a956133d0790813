//! The smallest Lambda there is over HTTP: what every function costs before it does anything.

use lambda_http::{Body, Error, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_| async { Ok::<_, Error>(Response::new(Body::from("hello"))) })).await
}
