//! Who is sent to first on one machine: those to whom nothing arrives give way to those to whom it does.

use domain::queue::Received;
use local::Hands;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

fn for_group(group: &str) -> Received {
    Received { receipt: String::new(), body: String::new(), group: group.to_owned(), receives: 1 }
}

/// When each of them began, in milliseconds, if one to any but `sick` takes so long.
async fn begun(hands: &mut Hands, groups: &[&str], takes: u64) -> Vec<(String, u128)> {
    let (start, begun) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
    hands.take(groups.iter().map(|group| for_group(group)).collect(), |message| {
        let begun = Arc::clone(&begun);
        async move {
            begun.lock().unwrap().push((message.group.clone(), start.elapsed().as_millis()));
            if message.group != "sick" {
                sleep(Duration::from_millis(takes)).await;
            }
            !["sick", "slow", "slower"].contains(&message.group.as_str())
        }
    });
    hands.empty().await;
    Arc::into_inner(begun).unwrap().into_inner().unwrap()
}

fn at(group: &str, milliseconds: u128) -> (String, u128) {
    (group.to_owned(), milliseconds)
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_gives_way_to_who_does_but_not_for_long() {
    let mut hands = Hands::default();
    assert_eq!(
        begun(&mut hands, &["sick", "well"], 10).await,
        [at("sick", 0), at("well", 0)],
        "not yet known"
    );
    assert_eq!(begun(&mut hands, &["sick", "well"], 10).await, [at("well", 0), at("sick", 120)]);
    assert_eq!(begun(&mut hands, &["sick", "well"], 110).await, [at("well", 0), at("sick", 110)]);
    assert_eq!(begun(&mut hands, &["sick", "well"], 1_000).await, [at("well", 0), at("sick", 120)]);
    assert_eq!(
        begun(&mut hands, &["sick"], 0).await,
        [at("sick", 120)],
        "for more of them, and for the others"
    );
}

#[tokio::test(start_paused = true)]
async fn those_to_whom_nothing_arrives_are_served_together() {
    let mut hands = Hands::default();
    begun(&mut hands, &["sick"], 0).await;
    let all = ["sick"; 8];
    assert_eq!(begun(&mut hands, &all, 0).await, all.map(|sick| at(sick, 20)), "as many as there may be");
    let few = ["sick"; 7];
    assert_eq!(
        begun(&mut hands, &few, 0).await,
        few.map(|sick| at(sick, 120)),
        "the first has waited enough"
    );
    assert_eq!(begun(&mut hands, &["sick"], 0).await, [at("sick", 120)], "and no other waits longer for it");
}

#[tokio::test(start_paused = true)]
async fn few_of_them_begin_at_a_time_and_who_takes_long_keeps_nobody_from_it() {
    let mut hands = Hands::default();
    begun(&mut hands, &["slow", "slower"], 0).await;
    let nine = ["slow", "slow", "slow", "slow", "slower", "slower", "slower", "slower", "slower"];
    for (takes, ninth) in [(0, 120), (3, 123), (1_000, 125)] {
        let began = begun(&mut hands, &nine, takes).await;
        let at: Vec<_> = began.iter().map(|(_, at)| *at).collect();
        assert_eq!(at, [120, 120, 120, 120, 120, 120, 120, 120, ninth], "each takes {takes} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_always_hands_for_those_to_whom_something_arrives() {
    let mut hands = Hands::default();
    begun(&mut hands, &["sick", "slow"], 0).await;
    let take = |hands: &mut Hands, group| {
        hands.take(vec![for_group(group); 8], |_| async {
            sleep(Duration::from_secs(15)).await;
            false
        });
    };
    let most = |hands: &mut Hands| {
        let turn = hands.turn().unwrap();
        assert_eq!(turn.slow, ["sick", "slow"].map(str::to_owned).into());
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
async fn who_panics_is_taken_for_sick_and_holds_up_nobody() {
    let mut hands = Hands::default();
    hands.take(vec![for_group("mended")], |_| async { panic!("planted") });
    hands.empty().await;
    assert_eq!(begun(&mut hands, &["mended", "well"], 10).await, [at("well", 0), at("mended", 120)]);
    assert_eq!(
        begun(&mut hands, &["mended", "well"], 10).await,
        [at("mended", 0), at("well", 0)],
        "it arrived"
    );
}
