use super::{Batch, Failures, Record as _};
use async_trait::async_trait;
use domain::conformance::owner;
use domain::outcome::{Consumer, Outcome};
use domain::queue::{Message, Queue, Received};
use domain::table::RowChange;
use domain::{Error, Result};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Does what the body of the record says, and remembers whom it saw.
#[derive(Default)]
struct Obedient(Mutex<Vec<String>>);

impl Obedient {
    fn obey(&self, order: &str) -> Result<Outcome> {
        self.0.lock().unwrap().push(order.to_owned());
        match order {
            "fail" => Err(Error::Busy),
            "panic" => panic!("as told"),
            "later" => Ok(Outcome::RetryAfter(Duration::from_secs(30))),
            _ => Ok(Outcome::Done),
        }
    }

    fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Consumer<Received> for Obedient {
    async fn consume(&self, message: Received) -> Result<Outcome> {
        assert_eq!(
            (message.receives, message.receipt.as_str()),
            (2, &*format!("receipt of {}", message.body))
        );
        self.obey(&message.body)
    }
}

#[async_trait]
impl Consumer<RowChange> for Obedient {
    async fn consume(&self, change: RowChange) -> Result<Outcome> {
        assert_eq!((change.key.owner, change.before), (owner(1), None));
        self.obey(&change.after.unwrap().body)
    }

    async fn begin(&self, batch: &[RowChange]) -> Result<()> {
        let orders = batch.iter().filter_map(|change| change.after.as_ref()?.body.strip_prefix("begin: "));
        orders.map(|order| self.obey(order)).collect::<Result<Vec<_>>>().map(|_| ())
    }

    async fn end(&self) -> Result<()> {
        let seen = self.seen();
        seen.iter()
            .filter_map(|order| order.strip_prefix("end: "))
            .try_for_each(|order| self.obey(order).map(|_| ()))
    }
}

/// Only what was put off counts.
#[derive(Default)]
struct Putting(Mutex<Vec<(String, Duration)>>);

#[async_trait]
impl Queue for Putting {
    async fn send(&self, _: Vec<Message>) -> Result<()> {
        Err(Error::Busy)
    }
    async fn receive(&self, _: usize, _: Duration) -> Result<Vec<Received>> {
        Err(Error::Busy)
    }
    async fn done(&self, _: &str) -> Result<()> {
        Err(Error::Busy)
    }
    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.0.lock().unwrap().push((receipt.to_owned(), delay));
        Ok(())
    }
}

fn message(order: &str) -> Value {
    json!({
        "messageId": format!("id of {order}"),
        "receiptHandle": format!("receipt of {order}"),
        "body": order,
        "attributes": { "ApproximateReceiveCount": "2" },
        "eventSource": "aws:sqs",
    })
}

fn row(sort: &str, order: &str) -> Value {
    json!({
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": { "pk": { "S": owner(1).to_string() }, "sk": { "S": sort } },
            "NewImage": { "v": { "N": "1" }, "body": { "S": order }, "set": { "SS": ["more"] } },
            "SequenceNumber": format!("number of {order}"),
        },
    })
}

fn batch(records: &[Value]) -> Batch {
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

fn named(failures: &Failures) -> Vec<&str> {
    failures.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

async fn consume_messages(records: &[Value], queue: &Arc<Putting>) -> Result<Failures, crate::Error> {
    Received::consume_all(batch(records), &Obedient::default(), &(queue.clone() as Arc<dyn Queue>)).await
}

#[tokio::test]
async fn each_failed_message_is_named_and_no_other() {
    let queue = Arc::new(Putting::default());
    let undecodable = json!({ "messageId": "undecodable", "body": 7 });
    let orders = ["a", "fail", "panic", "later", "b"].map(message);
    let records = [&orders[..], &[undecodable]].concat();
    let failures = consume_messages(&records, &queue).await.unwrap();
    assert_eq!(named(&failures), ["id of fail", "id of panic", "id of later", "undecodable"]);
    assert_eq!(*queue.0.lock().unwrap(), [("receipt of later".to_owned(), Duration::from_secs(30))]);
    let answer = serde_json::to_value(consume_messages(&records[1..2], &queue).await.unwrap()).unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "id of fail" }] }));
    let none = serde_json::to_value(consume_messages(&records[..1], &queue).await.unwrap()).unwrap();
    assert_eq!(none, json!({ "batchItemFailures": [] }));
}

/// Lambda would take the silence about it for success.
#[tokio::test]
async fn a_record_that_cannot_be_named_fails_the_batch() {
    let queue = Arc::new(Putting::default());
    assert!(consume_messages(&[message("a"), json!({ "body": "b" })], &queue).await.is_err());
    let consumer = Obedient::default();
    assert!(RowChange::consume_all(batch(&[json!({ "dynamodb": {} })]), &consumer, &()).await.is_err());
    assert!(serde_json::from_value::<Batch>(json!({})).is_err());
}

#[tokio::test]
async fn a_stream_stops_at_its_first_failure() {
    for order in ["fail", "panic", "later"] {
        let consumer = Obedient::default();
        let records = [row("data/1", "a"), row("data/2", order), row("data/3", "b")];
        let failures = RowChange::consume_all(batch(&records), &consumer, &()).await.unwrap();
        assert_eq!(named(&failures), [format!("number of {order}")]);
        assert_eq!(consumer.seen(), ["a", order]);
    }
    let consumer = Obedient::default();
    let mut undecodable = row("data/1", "a");
    undecodable["dynamodb"]["NewImage"]["v"] = json!({ "S": "one" });
    let records = [undecodable, row("data/2", "b")];
    let failures = RowChange::consume_all(batch(&records), &consumer, &()).await.unwrap();
    assert_eq!(named(&failures), ["number of a"]);
    assert_eq!(consumer.seen(), [""; 0]);
}

/// Whatever is wrong with the batch, none of its records is consumed, and all of them come again.
#[tokio::test]
async fn a_batch_is_begun_before_its_first_record_is_consumed() {
    let consumer = Obedient::default();
    let records = [row("data/1", "a"), row("trash/2", "begin: b"), row("data/3", "c")];
    let failures = RowChange::consume_all(batch(&records), &consumer, &()).await.unwrap();
    assert_eq!(
        (failures, consumer.seen()),
        (Failures::default(), ["b", "a", "begin: b", "c"].map(str::to_owned).into())
    );
    for order in ["fail", "panic"] {
        let consumer = Obedient::default();
        let records = [row("data/1", "a"), row("data/2", &format!("begin: {order}"))];
        let failures = RowChange::consume_all(batch(&records), &consumer, &()).await.unwrap();
        assert_eq!((named(&failures), consumer.seen()), (vec!["number of a"], vec![order.to_owned()]));
    }
}

/// What was consumed counts with the end of its batch, also where a record failed; else all of it comes again.
#[tokio::test]
async fn a_batch_counts_with_its_end() {
    for (orders, failed) in [
        (["a", "end: b", "c"], vec![]),
        (["a", "end: fail", "c"], vec!["number of a"]),
        (["a", "end: b", "fail"], vec!["number of fail"]),
        (["a", "end: panic", "fail"], vec!["number of a"]),
    ] {
        let consumer = Obedient::default();
        let records: Vec<_> = orders.iter().map(|order| row("data/1", order)).collect();
        let failures = RowChange::consume_all(batch(&records), &consumer, &()).await.unwrap();
        assert_eq!(named(&failures), failed, "{orders:?}");
    }
}

#[tokio::test]
async fn rows_that_nobody_follows_are_passed_over() {
    let consumer = Obedient::default();
    let mut counter = row("usage/1", "fail");
    counter["dynamodb"]["NewImage"] = json!({ "n_calls": { "N": "1" } });
    let records = [row("slug/1", "fail"), counter, row("trash/1", "a")];
    let failures = RowChange::consume_all(batch(&records), &consumer, &()).await.unwrap();
    assert_eq!((failures, consumer.seen()), (Failures::default(), vec!["a".to_owned()]));
}

#[tokio::test]
async fn a_real_batch_of_the_queue_is_understood() {
    struct Reads;
    #[async_trait]
    impl Consumer<Received> for Reads {
        async fn consume(&self, message: Received) -> Result<Outcome> {
            serde_json::from_str::<Value>(&message.body).map_err(Error::internal)?;
            Ok(Outcome::Done)
        }
    }
    let event = include_str!("../../../../infra/events/due-deliveries.json");
    let queue = Arc::new(Putting::default()) as Arc<dyn Queue>;
    let failures = Received::consume_all(serde_json::from_str(event).unwrap(), &Reads, &queue).await.unwrap();
    assert_eq!(failures, Failures::default());
}

#[tokio::test]
async fn a_real_batch_of_the_stream_is_understood() {
    struct Reads;
    #[async_trait]
    impl Consumer<RowChange> for Reads {
        async fn consume(&self, row: RowChange) -> Result<Outcome> {
            let change = domain::change::Change::of(&row)?;
            change.map(|_| Outcome::Done).ok_or_else(|| Error::internal("no change"))
        }
    }
    let event = include_str!("../../../../infra/events/table-stream.json");
    let failures = RowChange::consume_all(serde_json::from_str(event).unwrap(), &Reads, &()).await.unwrap();
    assert_eq!(failures, Failures::default());
}
