use aws::KmsKeyring;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::{BehaviorVersion, Builder, Region};
use winterbaume_core::MockAws;
use winterbaume_kms::KmsService;

pub(crate) async fn host() -> (KmsKeyring, ()) {
    let kms = MockAws::builder().with_service(KmsService::new()).build();
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(kms.credentials_provider())
        .http_client(kms.http_client());
    let client = Client::from_conf(config.build());
    let key = client.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    (KmsKeyring::new(client, key), ())
}

domain::keyring_suite!(host);
