//! The `approvals` Lambda. Its routes are in `lib.rs`; the local host mounts the same ones.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::serve(approvals::routes(), aws::oidc_owner()).await
}
