//! Who is handed which messages, and which of them are there when a larder begins anew.

use super::{open, reopen};
use domain::queue::{LONGEST_DELAY, MOST_RECEIVES, Message, Queue as _};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn of(group: &str, body: &str) -> Message {
    Message { body: body.to_owned(), group: group.to_owned(), delay: Duration::ZERO }
}

fn message(body: &str) -> Message {
    of("g", body)
}

#[tokio::test]
async fn each_group_has_its_share_and_what_is_given_up_stands_in_nobodys_way() {
    let (opened, clock, _folder) = open();
    let busy = (0..50).map(|number| of("busy", &number.to_string()));
    opened.store.send(busy.chain([of("quiet", "one")]).collect()).await.unwrap();
    let turn = || embedded::Turn { most: 20, each: 8, ..embedded::Turn::default() };
    let taken = opened.store.take_in_turn(turn(), MINUTE).await.unwrap();
    let count = |group: &str| taken.iter().filter(|message| message.group == group).count();
    assert_eq!((count("busy"), count("quiet")), (8, 1));

    for _ in 1..MOST_RECEIVES {
        clock.advance(jiff::SignedDuration::from_secs(61));
        opened.store.receive(100, MINUTE).await.unwrap();
    }
    opened.store.send(vec![of("busy", "new")]).await.unwrap();
    clock.advance(jiff::SignedDuration::from_secs(61));
    let taken = opened.store.take_in_turn(turn(), MINUTE).await.unwrap();
    assert!(taken.iter().any(|message| message.body == "new"), "{taken:?}");
    assert!(opened.store.dead_letters().unwrap() > 0);
}

/// What a larder has in hand is nobody's when it is gone, and what it put off is put off.
#[tokio::test]
async fn who_begins_anew_finds_what_was_in_hand_and_no_sooner_what_was_put_off() {
    let (opened, _, folder) = open();
    opened.store.send(["put off", "in hand", "done"].map(message).to_vec()).await.unwrap();
    let taken = opened.store.receive(10, MINUTE).await.unwrap();
    opened.store.retry_after(&taken[0].receipt, Duration::from_secs(5)).await.unwrap();
    opened.store.done(&taken[2].receipt).await.unwrap();
    drop(opened);
    let opened = reopen(&folder).unwrap();
    let taken = opened.store.receive(10, MINUTE).await.unwrap();
    assert_eq!(
        taken.iter().map(|one| (one.body.as_str(), one.receives)).collect::<Vec<_>>(),
        [("in hand", 1)]
    );
    assert!(opened.store.receive(10, Duration::ZERO).await.unwrap().is_empty());
}

/// What a teller sends is there when the bookmark is, and not before.
#[tokio::test]
async fn what_is_told_is_written_with_the_bookmark_behind_it_unless_it_is_done() {
    let (mut opened, _, folder) = open();
    let bodies = async |store: &embedded::Store| -> Vec<String> {
        store.receive(10, MINUTE).await.unwrap().into_iter().map(|one| one.body).collect()
    };
    for _ in 0..2 {
        opened.store.for_tellers().send(vec![message("told"), message("again")]).await.unwrap();
        assert_eq!(bodies(&opened.store).await, ["told", "again"]);
        drop(opened);
        opened = reopen(&folder).unwrap();
        assert_eq!(bodies(&opened.store).await, [""; 0], "no bookmark is behind it");
    }

    let (opened, clock, folder) = open();
    let teller = opened.store.for_tellers();
    let all = ["put off", "done", "in hand", "done later", "waits"];
    teller.send(all.map(message).to_vec()).await.unwrap();
    let taken = teller.receive(4, MINUTE).await.unwrap();
    teller.retry_after(&taken[0].receipt, Duration::from_secs(5)).await.unwrap();
    teller.done(&taken[1].receipt).await.unwrap();
    assert_eq!(teller.unwritten(), 4);
    assert!(teller.set_bookmark("no number".to_owned()).await.is_err());
    assert_eq!(teller.unwritten(), 4, "nothing of that is written");
    teller.set_bookmark("1".to_owned()).await.unwrap();
    assert_eq!(teller.unwritten(), 0);
    teller.done(&taken[3].receipt).await.unwrap();
    opened.store.send(vec![message("later")]).await.unwrap();
    assert_eq!(bodies(&teller).await, ["waits", "later"], "what is in hand is nobody else's");
    clock.advance(jiff::SignedDuration::from_secs(5));
    let put_off = teller.receive(10, MINUTE).await.unwrap().remove(0);
    assert_eq!((put_off.body.as_str(), put_off.receives), ("put off", 2));
    drop((teller, opened));
    let opened = reopen(&folder).unwrap();
    assert_eq!(bodies(&opened.store).await, ["in hand", "waits", "later"], "and what was put off is not due");
}

#[tokio::test]
async fn what_a_clock_that_stood_ahead_put_off_is_due_for_who_begins_anew() {
    let (opened, clock, folder) = open();
    clock.advance(jiff::SignedDuration::from_hours(24));
    let message = |body| Message { delay: LONGEST_DELAY, ..message(body) };
    opened.store.send(vec![message("tomorrow")]).await.unwrap();
    drop(opened);
    let opened = reopen(&folder).unwrap();
    opened.store.send(vec![message("soon")]).await.unwrap();
    drop(opened);
    let opened = reopen(&folder).unwrap();
    let taken = opened.store.receive(10, MINUTE).await.unwrap();
    assert_eq!(taken.iter().map(|one| one.body.as_str()).collect::<Vec<_>>(), ["tomorrow"]);
}

#[tokio::test]
async fn of_all_that_are_slow_no_more_are_taken_than_may_be() {
    let (opened, _, _folder) = open();
    let groups = ["a", "b", "c", "z"].iter().flat_map(|group| std::iter::repeat_n(of(group, "x"), 4));
    opened.store.send(groups.collect()).await.unwrap();
    let turn = |most, most_slow| {
        let slow = ["a", "b", "c"].map(str::to_owned).into();
        embedded::Turn { most, each: 8, slow, most_slow, ..embedded::Turn::default() }
    };
    let taken = async |turn| -> String {
        let taken = opened.store.take_in_turn(turn, MINUTE).await.unwrap();
        taken.into_iter().map(|message| message.group).collect()
    };
    assert_eq!(taken(turn(100, 6)).await, "aaaabbzzzz");
    assert_eq!(taken(turn(100, 0)).await, "");
    assert_eq!(taken(turn(1, 6)).await, "b");
    assert_eq!(taken(turn(100, 100)).await, "bcccc");
}
