use crate::{dynamo, stream_log::StreamLog};
use aws::DynamoTable;
use domain::conformance::ManualClock;
use domain::conformance::table::Host;
use std::sync::Arc;

async fn host() -> (Host, ()) {
    let endpoint = dynamo::start().await;
    let clock = Arc::new(ManualClock::default());
    let config = dynamo::config(&endpoint);
    let table = Arc::new(DynamoTable::new(config, dynamo::TABLE.to_owned(), clock.clone()));
    (Host { table, log: Arc::new(StreamLog::of(&endpoint).await), clock }, ())
}

domain::table_suite!(host);
