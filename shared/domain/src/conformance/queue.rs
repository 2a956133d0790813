//! What every queue does.

use crate::queue::{MOST_RECEIVES, Message, Queue, Received};
use std::time::Duration;

#[macro_export]
macro_rules! queue_suite {
    ($host:path) => {
        $crate::queue_suite!(@ $host;
            hands_out_what_was_sent, takes_many_at_once, hides_what_it_handed_out, hands_out_again_until_done,
            keeps_what_is_not_due, sets_aside_what_never_succeeds);
    };
    (@ $host:path; $($case:ident),*) => { $(
        #[tokio::test]
        async fn $case() {
            $crate::conformance::queue::$case(&$host().await.0).await;
        }
    )* };
}

const MINUTE: Duration = Duration::from_secs(60);

async fn send(queue: &impl Queue, body: &str, delay: Duration) {
    queue.send(vec![message(body, delay)]).await.unwrap();
}

fn message(body: &str, delay: Duration) -> Message {
    Message { body: body.to_owned(), group: "conn_1".to_owned(), delay }
}

async fn receive(queue: &impl Queue, hide_for: Duration) -> Vec<Received> {
    queue.receive(10, hide_for).await.unwrap()
}

pub async fn hands_out_what_was_sent(queue: &impl Queue) {
    assert!(receive(queue, MINUTE).await.is_empty());
    for body in ["one", "two", "{\"three\":\"ü\"}"] {
        send(queue, body, Duration::ZERO).await;
    }
    let mut bodies: Vec<_> = receive(queue, MINUTE).await.into_iter().map(|got| got.body).collect();
    bodies.sort();
    assert_eq!(bodies, ["one", "two", "{\"three\":\"ü\"}"]);
}

pub async fn takes_many_at_once(queue: &impl Queue) {
    queue.send(Vec::new()).await.unwrap();
    let bodies: Vec<_> = (10..37).map(|number| number.to_string()).collect();
    queue.send(bodies.iter().map(|body| message(body, Duration::ZERO)).collect()).await.unwrap();
    let mut got = Vec::new();
    loop {
        let some = receive(queue, MINUTE).await;
        if some.is_empty() {
            break;
        }
        got.extend(some.into_iter().map(|got| got.body));
    }
    got.sort();
    assert_eq!(got, bodies);
}

pub async fn hides_what_it_handed_out(queue: &impl Queue) {
    send(queue, "one", Duration::ZERO).await;
    assert_eq!(receive(queue, MINUTE).await.len(), 1);
    assert!(receive(queue, MINUTE).await.is_empty());
}

pub async fn hands_out_again_until_done(queue: &impl Queue) {
    send(queue, "one", Duration::ZERO).await;
    let first = receive(queue, MINUTE).await.remove(0);
    assert_eq!(first.receives, 1);
    queue.retry_after(&first.receipt, Duration::ZERO).await.unwrap();
    let second = receive(queue, MINUTE).await.remove(0);
    assert_eq!(second.receives, 2);
    queue.retry_after(&second.receipt, MINUTE).await.unwrap();
    assert!(receive(queue, MINUTE).await.is_empty(), "it waits");
    queue.retry_after(&second.receipt, Duration::ZERO).await.unwrap();
    let third = receive(queue, MINUTE).await.remove(0);
    queue.done(&third.receipt).await.unwrap();
    assert!(receive(queue, MINUTE).await.is_empty());
}

pub async fn keeps_what_is_not_due(queue: &impl Queue) {
    send(queue, "later", crate::queue::LONGEST_DELAY).await;
    send(queue, "now", Duration::ZERO).await;
    let got = receive(queue, MINUTE).await;
    assert_eq!(got.iter().map(|got| got.body.as_str()).collect::<Vec<_>>(), ["now"]);
}

pub async fn sets_aside_what_never_succeeds(queue: &impl Queue) {
    send(queue, "poison", Duration::ZERO).await;
    for turn in 1..=MOST_RECEIVES {
        let got = receive(queue, Duration::ZERO).await;
        assert_eq!(got.first().map(|got| got.receives), Some(turn));
    }
    assert!(receive(queue, Duration::ZERO).await.is_empty(), "it lies with the dead letters");
}
