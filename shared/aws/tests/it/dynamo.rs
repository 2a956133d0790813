//! DynamoDB for one test: a server of its own, on a port of its own, with one empty table.

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use domain::table::Slot;
use dynoxide::Database;
use std::future::pending;
use tokio::net::TcpListener;

pub(crate) const TABLE: &str = "larder";

/// Starts one; answers where it is.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, Database::memory().unwrap(), pending()));
    create_table(&endpoint).await;
    endpoint
}

/// Takes the stream off: this stand-in looks through all of it at each write.
pub(crate) async fn unwatched(endpoint: &str) {
    let client = aws_sdk_dynamodb::Client::from_conf(config(endpoint).build());
    let off = StreamSpecification::builder().stream_enabled(false).build().unwrap();
    client.update_table().table_name(TABLE).stream_specification(off).send().await.unwrap();
}

pub(crate) fn config(endpoint: &str) -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

async fn create_table(endpoint: &str) {
    let client = aws_sdk_dynamodb::Client::from_conf(config(endpoint).build());
    let mut create = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    for name in ["pk", "sk"].into_iter().chain(Slot::ALL.map(Slot::name)) {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let attribute = attribute.attribute_type(ScalarAttributeType::S).build().unwrap();
        create = create.attribute_definitions(attribute);
    }
    create = create.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    for name in Slot::ALL.map(Slot::name) {
        let index = LocalSecondaryIndex::builder().index_name(name);
        let index = index.key_schema(key("pk", KeyType::Hash)).key_schema(key(name, KeyType::Range));
        let all = Projection::builder().projection_type(ProjectionType::All).build();
        create = create.local_secondary_indexes(index.projection(all).build().unwrap());
    }
    let stream = StreamSpecification::builder().stream_enabled(true);
    let stream = stream.stream_view_type(StreamViewType::NewAndOldImages).build().unwrap();
    create.stream_specification(stream).send().await.unwrap();
}
