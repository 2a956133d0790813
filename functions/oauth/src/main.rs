//! The `oauth` Lambda. Its routes are in `lib.rs`; the local host mounts the same ones.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::serve(oauth::routes(), aws::oidc_owner()).await
}
