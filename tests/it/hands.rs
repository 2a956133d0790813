//! Who is sent to on one machine: there are always hands for those to whom something arrives.

use domain::queue::Received;
use local::Hands;
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn for_group(group: &str) -> Received {
    Received { receipt: String::new(), body: String::new(), group: group.to_owned(), receives: 1 }
}

/// One for each of them, of which nothing arrives.
async fn fail(hands: &mut Hands, groups: &[&str]) {
    hands.take(groups.iter().map(|group| for_group(group)).collect(), |_| async { false });
    hands.empty().await;
}

fn sick<const N: usize>(groups: [&str; N]) -> HashSet<String> {
    groups.map(str::to_owned).into()
}

#[tokio::test(start_paused = true)]
async fn there_are_always_hands_for_those_to_whom_something_arrives() {
    let mut hands = Hands::default();
    fail(&mut hands, &["sick", "slow"]).await;
    let take = |hands: &mut Hands, group| {
        hands.take(vec![for_group(group); 8], |_| async {
            sleep(Duration::from_secs(15)).await;
            false
        });
    };
    let most = |hands: &mut Hands| {
        let turn = hands.turn().unwrap();
        assert_eq!(turn.slow, sick(["sick", "slow"]));
        (turn.most, turn.most_slow)
    };
    assert_eq!(most(&mut hands), (256, 128));
    (0..15).for_each(|_| take(&mut hands, "sick"));
    assert_eq!(most(&mut hands), (136, 8));
    take(&mut hands, "well");
    assert_eq!(most(&mut hands), (128, 8), "theirs count for nobody else");
    take(&mut hands, "sick");
    assert_eq!(most(&mut hands), (120, 0));
}

#[tokio::test(start_paused = true)]
async fn who_panics_is_taken_for_sick_until_something_arrives() {
    let mut hands = Hands::default();
    hands.take(vec![for_group("mended")], |_| async { panic!("planted") });
    hands.empty().await;
    assert_eq!(hands.turn().unwrap().slow, sick(["mended"]));
    hands.take(vec![for_group("mended"), for_group("well")], |_| async { true });
    hands.empty().await;
    assert_eq!(hands.turn().unwrap().slow, sick([]));
}

#[tokio::test(start_paused = true)]
async fn a_hand_that_is_freed_is_of_use_where_others_wait_for_it_or_something_comes_again() {
    let is_of_use = async |count: usize, arrives: bool| {
        let mut hands = Hands::default();
        hands.take(vec![for_group("one"); count], move |_| async move { arrives });
        timeout(Duration::from_secs(1), hands.freed()).await.is_ok()
    };
    assert!(!is_of_use(1, true).await);
    assert!(!is_of_use(7, true).await);
    assert!(is_of_use(8, true).await, "its share is free");
    assert!(is_of_use(1, false).await, "it is due again sooner than anybody knew");
}
