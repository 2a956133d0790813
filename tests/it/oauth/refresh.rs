//! A refresh token works once; whoever brings a used one ends what came of that consent.

use super::flow::{Tokens, connection, is_refused, let_in, post, refresh, register, register_as, status};
use crate::harness::{House, OWNER};
use futures_util::future::join_all;
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

#[tokio::test]
async fn each_is_used_once_and_a_copy_ends_the_family() {
    let house = House::new();
    let client = register(&house).await;
    let first = let_in(&house, &client).await;
    let second = Tokens::of(&refresh(&house, &client, &first.refresh).await);
    assert_ne!(first.refresh, second.refresh);
    for access in [&first.access, &second.access] {
        assert_eq!(status(&house, access).await, 200);
    }
    is_refused(&refresh(&house, &client, &first.refresh).await, 400, "invalid_grant");
    for access in [&first.access, &second.access] {
        assert_eq!(status(&house, access).await, 401);
    }
    is_refused(&refresh(&house, &client, &second.refresh).await, 400, "invalid_grant");
    let other = let_in(&house, &client).await;
    assert_eq!(status(&house, &other.access).await, 200, "another consent is another family");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_at_most_one_is_answered_and_then_holds_no_longer() {
    let house = House::noting_nothing();
    let client = register(&house).await;
    let tokens = let_in(&house, &client).await;
    let answers = join_all((0..50).map(|_| refresh(&house, &client, &tokens.refresh))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert!(won.len() == 1, "{}", won.len());
    is_refused(&refresh(&house, &client, &Tokens::of(won[0]).refresh).await, 400, "invalid_grant");
    assert_eq!(status(&house, &Tokens::of(won[0]).access).await, 401);
}

#[tokio::test]
async fn it_is_of_one_app_and_ends_with_its_connection() {
    let house = House::new();
    let client = register(&house).await;
    let tokens = let_in(&house, &client).await;
    let made =
        register_as(&house, json!({ "client_name": "Thief", "redirect_uris": [super::flow::BACK] })).await;
    is_refused(&refresh(&house, &made.text("/client_id"), &tokens.refresh).await, 400, "invalid_grant");
    is_refused(&refresh(&house, &client, &tokens.access).await, 400, "invalid_grant");
    let path = format!("/connections/{}", connection(&house).await);
    house.call("POST", &format!("{path}/pause"), OWNER, None).await;
    is_refused(&refresh(&house, &client, &tokens.refresh).await, 400, "invalid_grant");
    house.call("POST", &format!("{path}/resume"), OWNER, None).await;
    let tokens = Tokens::of(&refresh(&house, &client, &tokens.refresh).await);
    house.clock.advance(SignedDuration::from_hours(24 * 90) - SignedDuration::from_secs(1));
    let answer = refresh(&house, &client, &tokens.refresh).await;
    assert_eq!((answer.status.as_u16(), &answer.body["expires_in"]), (200, &json!(1)));
    house.clock.advance(SignedDuration::from_secs(1));
    is_refused(&refresh(&house, &client, &answer.text("/refresh_token")).await, 400, "invalid_grant");
}

#[tokio::test]
async fn what_is_given_back_is_gone_and_only_by_whose_it_is() {
    let house = House::new();
    let client = register(&house).await;
    let made =
        register_as(&house, json!({ "client_name": "Other", "redirect_uris": [super::flow::BACK] })).await;
    let other = made.text("/client_id");
    for kind in ["refresh", "access"] {
        let tokens = let_in(&house, &client).await;
        let token = if kind == "access" { &tokens.access } else { &tokens.refresh };
        let give_back = async |client: &str, token: &str| {
            post(&house, "/revoke", &[("client_id", client), ("token", token)]).await.status.as_u16()
        };
        assert_eq!(give_back(&other, token).await, 200);
        assert_eq!(give_back(&client, "lrdr_nonsense").await, 200);
        assert_eq!(status(&house, &tokens.access).await, 200);
        assert_eq!(give_back("nobody", token).await, 401);
        assert_eq!(give_back(&client, token).await, 200);
        assert_eq!(give_back(&client, token).await, 200, "once more changes nothing");
        assert_eq!(status(&house, &tokens.access).await, 401);
        is_refused(&refresh(&house, &client, &tokens.refresh).await, 400, "invalid_grant");
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// With one of the tokens that there ever were, counted from the newest.
    Refresh(usize),
    GiveBack(usize),
    Pause,
    Resume,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Refresh(0)),
        2 => (1usize..6).prop_map(Step::Refresh),
        1 => (0usize..6).prop_map(Step::GiveBack),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
    ];
    proptest::collection::vec(step, 1..12)
}

/// What should come of it, by the rules alone.
#[derive(Default)]
struct Model {
    ended: bool,
    paused: bool,
}

#[test]
fn of_one_consent_at_most_one_holds_whatever_happens() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let house = runtime.block_on(async { House::noting_nothing() });
    let run = runner.run(&steps(), |steps| {
        runtime.block_on(async {
            let client = register(&house).await;
            let first = let_in(&house, &client).await;
            let newest = house.call("GET", "/connections?limit=1", OWNER, None).await.text("/data/0/id");
            let path = format!("/connections/{newest}");
            let (mut all, mut model) = (vec![first.clone()], Model::default());
            for step in &steps {
                match step {
                    Step::Refresh(back) => {
                        let back = (*back).min(all.len() - 1);
                        let answer = refresh(&house, &client, &all[all.len() - 1 - back].refresh).await;
                        let holds = !model.ended && !model.paused && back == 0;
                        model.ended |= back > 0;
                        assert_eq!(answer.status == 200, holds, "{steps:?}: {}", answer.body);
                        if holds {
                            all.push(Tokens::of(&answer));
                        }
                    }
                    Step::GiveBack(back) => {
                        let token = &all[all.len() - 1 - (*back).min(all.len() - 1)].refresh;
                        let pairs = [("client_id", client.as_str()), ("token", token.as_str())];
                        assert_eq!(post(&house, "/revoke", &pairs).await.status, 200);
                        model.ended = true;
                    }
                    Step::Pause | Step::Resume => {
                        model.paused = matches!(step, Step::Pause);
                        let action = if model.paused { "pause" } else { "resume" };
                        house.call("POST", &format!("{path}/{action}"), OWNER, None).await;
                    }
                }
                let expected = if model.ended || model.paused { 401 } else { 200 };
                for tokens in [&first, &all[all.len() - 1]] {
                    assert_eq!(status(&house, &tokens.access).await, expected, "{steps:?}");
                }
            }
        });
        Ok(())
    });
    run.unwrap();
}
