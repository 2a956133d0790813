//! Who is sent to on one machine: there are always hands for those to whom something arrives.

use domain::queue::Received;
use local::{Hands, Went};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn for_group(group: &str) -> Received {
    Received { receipt: String::new(), body: String::new(), group: group.to_owned(), receives: 1 }
}

/// One for each of them, of which nothing arrives.
async fn fail(hands: &mut Hands, groups: &[&str]) {
    hands.take(groups.iter().map(|group| for_group(group)).collect(), |_| async { Went::Failed });
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
            Went::Failed
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
async fn those_to_whom_something_arrives_go_first() {
    let mut hands = Hands::default();
    fail(&mut hands, &["sick"]).await;
    let (went, mut order) = tokio::sync::mpsc::unbounded_channel();
    hands.take(["sick", "well"].map(for_group).into(), |message| {
        let went = went.clone();
        async move {
            went.send(message.group).unwrap();
            Went::Arrived
        }
    });
    hands.empty().await;
    assert_eq!([order.try_recv(), order.try_recv()].map(Result::unwrap), ["well", "sick"]);
}

#[tokio::test(start_paused = true)]
async fn who_panics_is_taken_for_sick_until_something_arrives() {
    let mut hands = Hands::default();
    hands.take(vec![for_group("mended")], |_| async { panic!("planted") });
    hands.empty().await;
    assert_eq!(hands.turn().unwrap().slow, sick(["mended"]));
    hands.take(vec![for_group("mended"), for_group("well")], |_| async { Went::Arrived });
    hands.empty().await;
    assert_eq!(hands.turn().unwrap().slow, sick([]));
}

#[tokio::test(start_paused = true)]
async fn a_hand_that_is_freed_is_of_use_where_others_wait_for_it_or_something_comes_again() {
    let is_of_use = async |count: usize, went| {
        let mut hands = Hands::default();
        hands.take(vec![for_group("one"); count], move |_| async move { went });
        timeout(Duration::from_secs(1), hands.freed()).await.is_ok()
    };
    assert!(!is_of_use(1, Went::Arrived).await);
    assert!(!is_of_use(7, Went::Arrived).await);
    assert!(is_of_use(8, Went::Arrived).await, "its share is free");
    assert!(is_of_use(1, Went::Failed).await, "it is due again sooner than anybody knew");
}

#[tokio::test(start_paused = true)]
async fn what_parks_is_taken_up_when_all_of_it_that_was_in_hand_is_parked() {
    let mut hands = Hands::default();
    let take = |hands: &mut Hands, went, seconds| {
        hands.take(vec![for_group("one")], move |_| async move {
            sleep(Duration::from_secs(seconds)).await;
            went
        });
    };
    let share = |hands: &mut Hands| hands.turn().unwrap().in_hand.get("one").copied();
    take(&mut hands, Went::Failed, 0);
    hands.empty().await;
    take(&mut hands, Went::Parked, 1);
    take(&mut hands, Went::Parked, 3);
    assert_eq!(share(&mut hands), Some(2), "nobody knows yet");
    timeout(Duration::from_secs(2), hands.freed()).await.unwrap_err();
    assert_eq!(share(&mut hands), Some(8), "all of its share, although one is in hand");
    hands.freed().await;
    assert_eq!(share(&mut hands), None);
    // Nothing of it may be parked any more.
    take(&mut hands, Went::Arrived, 1);
    assert_eq!(share(&mut hands), Some(1));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_one_that_does_not_end_with_what_parked_is_not_forgotten() {
    for went in [Went::Arrived, Went::Failed, Went::Parked] {
        let mut hands = Hands::default();
        let slow = for_group("one");
        hands.take(vec![slow.clone()], move |_| async move {
            sleep(Duration::from_secs(2)).await;
            went
        });
        hands.take(vec![slow], |_| async { Went::Parked });
        timeout(Duration::from_secs(1), hands.freed()).await.unwrap_err();
        assert_eq!(hands.turn().unwrap().in_hand["one"], 8);
        timeout(Duration::from_secs(2), hands.freed()).await.unwrap();
    }
}
