//! The store fails at its nth call, for every n, before it hears of it or after it did: then no more than one refresh
//! token holds, no code works twice, and what was not answered can be asked for again or is refused.

use super::flow::{
    Tokens, allow, code_for, form, let_in, page, post, refresh, register, seen, status, trade, wanted,
};
use crate::harness::{House, OWNER};
use crate::idempotency::Breaks;
use std::sync::atomic::Ordering;

/// How many of these can be traded for others: the newest first, as a thief would.
async fn living(house: &House, client: &str, tokens: &[String]) -> usize {
    let mut living = 0;
    for token in tokens.iter().rev() {
        let answer = refresh(house, client, token).await;
        assert!([200, 400].contains(&answer.status.as_u16()), "{}", answer.body);
        living += usize::from(answer.status == 200);
    }
    living
}

#[tokio::test]
async fn a_code_is_worth_one_family_wherever_the_store_fails() {
    for after in [false, true] {
        let mut failures = 0;
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let client = register(&house).await;
            let code = code_for(&house, &client).await;
            left.store(call, Ordering::SeqCst);
            let broken = post(&house, "/token", &trade(&client, &code)).await;
            if left.swap(0, Ordering::SeqCst) > 0 {
                assert_eq!(broken.status, 200, "{}", broken.body);
                break;
            }
            failures += 1;
            // What the redemption itself did not need may have failed without harm.
            let mut known: Vec<_> = (broken.status == 200).then(|| Tokens::of(&broken)).into_iter().collect();
            if broken.status != 200 {
                broken.is_problem(500);
            }
            let again = post(&house, "/token", &trade(&client, &code)).await;
            assert!([200, 400].contains(&again.status.as_u16()), "{}", again.body);
            if again.status == 200 {
                assert!(known.is_empty(), "one code, two families");
                known.push(Tokens::of(&again));
            }
            is_dead(&house, &client, &code, &known).await;
        }
        assert!(failures >= 3, "the code, its connection and what it is traded for: {failures}");
    }
}

/// Whoever brings the code once more ends all that came of it.
async fn is_dead(house: &House, client: &str, code: &str, known: &[Tokens]) {
    assert_eq!(post(house, "/token", &trade(client, code)).await.status, 400);
    for tokens in known {
        assert_eq!(status(house, &tokens.access).await, 401);
        assert_eq!(refresh(house, client, &tokens.refresh).await.status, 400);
    }
}

#[tokio::test]
async fn a_refresh_leaves_one_at_most_wherever_the_store_fails() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let client = register(&house).await;
            let first = let_in(&house, &client).await;
            left.store(call, Ordering::SeqCst);
            let broken = refresh(&house, &client, &first.refresh).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            let mut tokens = vec![first.refresh.clone()];
            if broken.status == 200 {
                tokens.push(Tokens::of(&broken).refresh);
            } else {
                broken.is_problem(500);
            }
            assert!(living(&house, &client, &tokens).await <= 1);
            if is_over {
                assert_eq!(tokens.len(), 2);
                assert!(call > 3, "the family, its connection, and the next one: {call}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_copy_ends_the_family_wherever_the_store_fails() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let client = register(&house).await;
            let first = let_in(&house, &client).await;
            let second = Tokens::of(&refresh(&house, &client, &first.refresh).await);
            left.store(call, Ordering::SeqCst);
            let copied = refresh(&house, &client, &first.refresh).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            assert_ne!(copied.status, 200);
            // Who says that it is refused has ended it; else the copy is refused when it comes again.
            if copied.status != 400 {
                copied.is_problem(500);
                assert_eq!(refresh(&house, &client, &first.refresh).await.status, 400);
            }
            assert_eq!(status(&house, &second.access).await, 401, "call {call}, after: {after}");
            assert_eq!(refresh(&house, &client, &second.refresh).await.status, 400);
            if is_over {
                assert!(call > 5, "{call}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_yes_makes_one_connection_wherever_the_store_fails() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let client = register(&house).await;
            let sealed = page(&house, &wanted(&client), Some(OWNER)).await.sealed();
            let pairs = [("request", sealed.as_str()), ("decision", "allow"), ("tasks.read", "on")];
            left.store(call, Ordering::SeqCst);
            let given = seen(&house, form("/consent", &pairs, Some(OWNER))).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            assert!([303, 500].contains(&given.status), "{}", given.text);
            let listed = house.call("GET", "/connections", OWNER, None).await;
            let made = listed.body["data"].as_array().unwrap().len();
            let lost = after && given.status == 500;
            assert!(made == usize::from(given.status == 303) || lost && made <= 1, "{made}, call {call}");
            if let Some(code) = given.told("code") {
                assert_eq!(post(&house, "/token", &trade(&client, &code)).await.status, 200);
            }
            if is_over {
                break;
            }
        }
    }
}

#[tokio::test]
async fn giving_back_is_done_when_it_says_so() {
    for after in [false, true] {
        for call in 1.. {
            let (house, left) = Breaks::house(after);
            let client = register(&house).await;
            let given = allow(&house, &wanted(&client), |_| true).await;
            let tokens =
                Tokens::of(&post(&house, "/token", &trade(&client, &given.told("code").unwrap())).await);
            let pairs = [("client_id", client.as_str()), ("token", tokens.refresh.as_str())];
            left.store(call, Ordering::SeqCst);
            let mut answer = post(&house, "/revoke", &pairs).await;
            let is_over = left.swap(0, Ordering::SeqCst) > 0;
            if answer.status != 200 {
                answer.is_problem(500);
                answer = post(&house, "/revoke", &pairs).await;
            }
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!(status(&house, &tokens.access).await, 401);
            assert_eq!(refresh(&house, &client, &tokens.refresh).await.status, 400);
            if is_over {
                break;
            }
        }
    }
}
