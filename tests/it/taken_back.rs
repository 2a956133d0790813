//! What one connection did to anything at all is taken back exactly, and nothing that somebody else wrote since then.

use crate::lives::{Data, Life, is_sound, noun_of};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn undid(done: &Value) -> BTreeMap<String, &Value> {
    let data = done["data"].as_array().unwrap();
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    data.iter().map(|item| (format!("{}/{}", item["resource"].as_str().unwrap(), id(item)), item)).collect()
}

fn differences(before: &Data, after: &Data) -> Vec<String> {
    let all: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differs = all.into_iter().filter(|what| before.get(*what) != after.get(*what));
    differs.map(|what| format!("{what}: {:?}, not {:?}", after.get(what), before.get(what))).collect()
}

#[tokio::test]
async fn where_nobody_else_wrote_everything_is_as_it_was() {
    for seed in 0..30 {
        let mut life = Life::new(seed).await;
        for _ in 0..12 {
            let by = life.random.below(2);
            life.step(by).await;
        }
        let (before, since) = (life.data().await, life.tick().to_string());
        for _ in 0..12 {
            life.step(0).await;
        }
        let after = life.data().await;
        is_sound(&after).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        let done = life.take_back(0, json!({ "since": since })).await;
        let now = life.data().await;
        assert_eq!(differences(&before, &now), [""; 0], "seed {seed}: {done}");
        let again = life.take_back(0, json!({ "since": since })).await;
        assert!(undid(&again).values().all(|item| item["did"] == "nothing"), "seed {seed}: {again}");
        let back = life.take_back(0, json!({ "undo_of": done["undo"] })).await;
        let now = life.data().await;
        assert_eq!(differences(&after, &now), [""; 0], "back, seed {seed}: {back}");
    }
}

/// What somebody wrote of an item, who did, and what it was before.
struct Wrote {
    by: usize,
    before: Option<Value>,
}

/// Without what follows from others.
fn content(what: &str, item: Option<&Value>) -> Option<Value> {
    let mut item = item?.clone();
    let is_auto = noun_of(what) == "goal" && item["progress_mode"] == "auto";
    let follow = ["completed_at", "tally", "followed_by", "found_by", "sensitivity"];
    for field in follow.into_iter().filter(|field| noun_of(what) != "collection" || *field == "found_by") {
        item.as_object_mut().unwrap().remove(field);
    }
    if is_auto {
        item.as_object_mut().unwrap().remove("progress");
    }
    Some(item)
}

#[tokio::test]
async fn whoever_else_wrote_is_left_alone_and_told() {
    for seed in 1_000..1_040 {
        let mut life = Life::new(seed).await;
        for _ in 0..10 {
            life.step(1).await;
        }
        let since = life.tick().to_string();
        let mut past: BTreeMap<String, Vec<Wrote>> = BTreeMap::new();
        for _ in 0..14 {
            let (by, before) = (life.random.below(2), life.data().await);
            life.step(by).await;
            let after = life.data().await;
            for what in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                let (was, is) = (content(what, before.get(what)), content(what, after.get(what)));
                if was != is {
                    past.entry(what.clone()).or_default().push(Wrote { by, before: was });
                }
            }
        }
        let before = life.data().await;
        let done = life.take_back(0, json!({ "since": since })).await;
        let (now, undid) = (life.data().await, undid(&done));
        is_sound(&now).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}: {done}"));
        for what in before.keys().chain(now.keys()).chain(past.keys()).collect::<BTreeSet<_>>() {
            let past = past.get(what).map(Vec::as_slice).unwrap_or_default();
            let told = undid.get(&told_as(what)).copied();
            let first = past.iter().position(|wrote| wrote.by == 0);
            let (was, is) = (content(what, before.get(what)), content(what, now.get(what)));
            let place = format!("seed {seed}: {what} was {was:?}, is {is:?}, told {told:?}");
            let Some(first) = first else {
                assert_eq!(was, is, "nobody's: {place}");
                assert!(told.is_none_or(|told| told["did"] == "nothing"), "{place}");
                continue;
            };
            let told = told.unwrap_or_else(|| panic!("not told: {place}"));
            if past[first..].iter().any(|wrote| wrote.by == 1) {
                assert_eq!((was, &told["conflict"]["reason"]), (is, &json!("written_since")), "{place}");
            } else if told["did"] == "conflict" {
                assert_eq!((was, &told["conflict"]["reason"]), (is, &json!("not_possible")), "{place}");
            } else {
                let mut wanted = past[first].before.clone();
                for field in told["without"].as_array().into_iter().flatten() {
                    let field = field.as_str().unwrap();
                    let left = is.as_ref().unwrap().get(field).cloned();
                    let wanted = wanted.as_mut().unwrap().as_object_mut().unwrap();
                    assert_ne!(wanted.remove(field), left, "{place}");
                    wanted.extend(left.map(|left| (field.to_owned(), left)));
                }
                assert_eq!(is, wanted, "{place}");
            }
        }
    }
}

/// An answer names the resource, of which a record is one, too.
fn told_as(what: &str) -> String {
    let (noun, id) = what.split_once('/').unwrap();
    let resource = match noun {
        "profile" | "preferences" => noun.to_owned(),
        "memory" => "memories".to_owned(),
        "record" => "collections".to_owned(),
        _ => format!("{noun}s"),
    };
    format!("{resource}/{id}")
}
