use aws::SqsQueue;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Region};
use aws_sdk_sqs::types::QueueAttributeName::{QueueArn, RedrivePolicy, VisibilityTimeout};
use domain::queue::MOST_RECEIVES;
use winterbaume_core::MockAws;
use winterbaume_sqs::SqsService;

async fn host() -> (SqsQueue, ()) {
    let sqs = MockAws::builder().with_service(SqsService::new()).build();
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(sqs.credentials_provider())
        .http_client(sqs.http_client());
    let client = Client::from_conf(config.build());
    let dead = client.create_queue().queue_name("dead-letters").send().await.unwrap().queue_url.unwrap();
    let asked = client.get_queue_attributes().queue_url(dead).attribute_names(QueueArn);
    let arn = asked.send().await.unwrap().attributes.unwrap().remove(&QueueArn).unwrap();
    let policy = serde_json::json!({ "deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES });
    let create = client.create_queue().queue_name("deliveries").attributes(RedrivePolicy, policy.to_string());
    // The emulator takes a visibility of zero for none given, and then this one.
    let created = create.attributes(VisibilityTimeout, "0").send().await.unwrap();
    (SqsQueue::new(client, created.queue_url.unwrap()), ())
}

domain::queue_suite!(host);
