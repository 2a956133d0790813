//! The `audit` Lambda. Its routes are in `lib.rs`; the local host mounts the same ones.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::serve(audit::routes(audit::Export::InParts), aws::oidc_owner()).await
}
