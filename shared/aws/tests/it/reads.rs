//! What a list or an item costs DynamoDB does not grow with what lies beside it: bytes of its answers.
//! `tests/bench/run --only data` prints them for `LARDER_MANY` tasks.

use crate::dynamo;
use aws::DynamoTable;
use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use domain::clock::Clock as _;
use domain::conformance::many::{Cost, LISTS, compared, fill, many};
use domain::conformance::{ManualClock, owner};
use domain::filter::{Filter as _, Shelves};
use domain::shelf::Shelf;
use domain::task::{Task, TaskFilter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Clone, Default)]
struct Scale {
    calls: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl Intercept for Scale {
    fn name(&self) -> &'static str {
        "Scale"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let size = context.response().headers().get("content-length").ok_or("an answer without a length")?;
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.bytes.fetch_add(size.parse()?, Ordering::SeqCst);
        Ok(())
    }
}

async fn costs(many: u32) -> Vec<Cost> {
    let scale = Scale::default();
    let clock = Arc::new(ManualClock::default());
    let endpoint = dynamo::start().await;
    dynamo::unwatched(&endpoint).await;
    let config = dynamo::config(&endpoint).interceptor(scale.clone());
    let table = DynamoTable::new(config, dynamo::TABLE.to_owned(), clock.clone());
    let owner = owner(1);
    let last = fill(&table, owner, many).await;
    let (shelf, shelves) =
        (Shelf::<Task>::new(&table, owner), Shelves { table: &table, owner, at: clock.now(), within: None });
    let mut costs = Vec::new();
    for asked in LISTS.map(Some).into_iter().chain([None]) {
        let read = || [&scale.calls, &scale.bytes].map(|count| count.load(Ordering::SeqCst));
        let [calls, bytes] = read();
        let path = match asked {
            Some(asked) => {
                let filter: TaskFilter = serde_urlencoded::from_str(asked).unwrap();
                let list = filter.list(&shelves).await.unwrap();
                let first = list.page(&table, None, 20).await.unwrap();
                let listing = shelf.kept(&list, first, 20, |_| true).await.unwrap();
                assert_eq!(listing.items.len(), 20, "{asked}");
                format!("/v1/tasks?{asked}")
            }
            None => {
                assert_eq!(shelf.get(last).await.unwrap().id, last);
                "/v1/tasks/{id}".to_owned()
            }
        };
        let [calls_after, bytes_after] = read();
        costs.push(Cost { path, calls: calls_after - calls, bytes: bytes_after - bytes });
    }
    costs
}

#[tokio::test]
async fn a_page_costs_the_same_however_much_there_is() {
    let many = many(std::env::var("LARDER_MANY"));
    let (beside_few, beside_many) = (costs(100).await, costs(many).await);
    print!("{}", compared(&beside_few, &beside_many, many));
}
