//! The sealer: what is told is sealed once, in one chain for each owner, whoever else seals and whatever fails.

use crate::audit::{entry, export, faults, note};
use crate::harness::{House, OTHER_OWNER, OWNER};
use crate::hooked::{Hook, Hooked};
use async_trait::async_trait;
use changes::Sealer;
use domain::clock::Clock as _;
use domain::conformance::op;
use domain::id::OwnerId;
use domain::notice::{About, Notice};
use domain::table::{ChangeLog as _, Expect, Put, RowChange, Table as _};
use domain::{Error, Result, schema};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn owners() -> [OwnerId; 2] {
    [OwnerId::of("test", "one"), OwnerId::of("test", "two")]
}

/// Something that happens at one call to the store.
pub(crate) enum Deed {
    FailBefore,
    FailAfter,
    Seal(Sealer, Vec<RowChange>),
}

/// Counts the calls down to its deed.
#[derive(Clone, Default)]
pub(crate) struct Nth(Arc<Mutex<(u32, Option<Deed>)>>);

impl Nth {
    pub(crate) fn plan(&self, call: u32, deed: Deed) {
        *self.0.lock().unwrap() = (call, Some(deed));
    }

    /// Forgets what was planned; whether it had come to it.
    pub(crate) fn is_done(&self) -> bool {
        std::mem::take(&mut *self.0.lock().unwrap()).1.is_none()
    }

    fn take(&self, count: u32, wanted: impl FnOnce(&mut Deed) -> bool) -> Option<Deed> {
        let mut plan = self.0.lock().unwrap();
        let (left, deed) = &mut *plan;
        *left = left.saturating_sub(count);
        if *left == 0 { deed.take_if(wanted) } else { None }
    }
}

#[async_trait]
impl Hook for Nth {
    async fn before(&self) -> Result<()> {
        match self.take(1, |deed| !matches!(deed, Deed::FailAfter)) {
            Some(Deed::Seal(rival, batch)) => rival.seal(&batch).await,
            Some(_) => Err(Error::Busy),
            None => Ok(()),
        }
    }

    async fn after(&self) -> Result<()> {
        self.take(0, |deed| matches!(deed, Deed::FailAfter)).map_or(Ok(()), |_| Err(Error::Busy))
    }
}

pub(crate) fn house() -> (House, Nth) {
    let nth = Nth::default();
    let hook = nth.clone();
    (House::on(move |inner| Arc::new(Hooked { inner, hook: hook.clone() })), nth)
}

fn told(export: &str) -> Vec<String> {
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|line| line["entry"]["action"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn what_is_told_is_sealed_once_however_often_it_is_told() {
    let (house, _) = house();
    let key = house.api("full_access").await;
    let path = format!("/v1/tasks/{}", house.task(&key, "Milk").await);
    house.call("PATCH", &path, &key, Some(json!({ "title": "Bread" }))).await;
    house.call("DELETE", &path, &key, None).await;
    note(&house, owners()[0], entry(1, "call.denied")).await;
    house.pump.drain().await.unwrap();
    let sealed = export(&house, OWNER).await;
    assert_eq!(faults(&sealed), []);
    house.pump.drain().await.unwrap();
    let sealed_with_it = export(&house, OWNER).await;
    for action in ["task.created", "task.updated", "task.deleted", "call.denied"] {
        assert_eq!(told(&sealed).iter().filter(|told| *told == action).count(), 1, "{action}: {sealed}");
    }
    house.store.set_bookmark("0".to_owned()).await.unwrap();
    house.pump.drain().await.unwrap();
    let last = told(&export(&house, OWNER).await);
    assert_eq!(last.len(), told(&sealed_with_it).len() + 1, "the export before, and nothing else");
    assert!(!sealed.contains("Milk") && !sealed.contains("Bread"), "names of fields only");
}

#[tokio::test]
async fn two_sealers_do_not_fork_a_chain() {
    for call in 1.. {
        let (house, nth) = house();
        for number in 0..6 {
            note(&house, owners()[0], entry(number, "call.denied")).await;
        }
        let batch = house.store.changes(None, 100).await.unwrap();
        let sealer = &house.pump.changes.sealer;
        let rival = Sealer {
            table: Arc::new(house.store.clone()),
            clock: Arc::clone(&sealer.clock),
            entropy: Arc::clone(&sealer.entropy),
        };
        // Some of it is the same, some is not.
        nth.plan(call, Deed::Seal(rival, batch[2..].to_vec()));
        sealer.seal(&batch[..4]).await.unwrap();
        if !nth.is_done() {
            assert!(call > 2, "it reads and writes");
            return;
        }
        let sealed = export(&house, OWNER).await;
        assert_eq!((faults(&sealed), told(&sealed).len()), (vec![], 6), "interleaved at call {call}");
    }
}

#[tokio::test]
async fn a_failure_at_any_call_loses_and_repeats_nothing() {
    for deed in [|| Deed::FailBefore, || Deed::FailAfter] {
        for call in 1.. {
            let (house, nth) = house();
            let key = house.api("full_access").await;
            house.task(&key, "Milk").await;
            for owner in owners() {
                note(&house, owner, entry(1, "call.denied")).await;
            }
            nth.plan(call, deed());
            let failed = house.pump.drain().await.is_err();
            if !nth.is_done() {
                assert!(call > 6, "each owner's are read and written");
                break;
            }
            assert!(failed, "call {call}");
            house.pump.drain().await.unwrap();
            for (token, action) in
                [(OWNER, "task.created"), (OWNER, "call.denied"), (OTHER_OWNER, "call.denied")]
            {
                let sealed = export(&house, token).await;
                assert_eq!(faults(&sealed), [], "after a failure at call {call}");
                let times = told(&sealed).iter().filter(|told| *told == action).count();
                assert_eq!(times, 1, "{action}, after a failure at call {call}");
            }
        }
    }
}

#[tokio::test]
async fn a_batch_is_sealed_however_large_and_however_late() {
    let (house, _) = house();
    for owner in owners() {
        for number in (0..230).rev() {
            note(&house, owner, entry(2 * number, "call.denied")).await;
        }
    }
    let batch = house.store.changes(None, 1_000).await.unwrap();
    house.pump.changes.sealer.seal(&batch).await.unwrap();
    note(&house, owners()[0], entry(500, "call.denied")).await;
    note(&house, owners()[0], entry(115, "call.late")).await;
    house.pump.drain().await.unwrap();
    for (token, entries) in [(OWNER, 232), (OTHER_OWNER, 230)] {
        let sealed = export(&house, token).await;
        assert_eq!((faults(&sealed), told(&sealed).len()), (vec![], entries));
    }
}

#[tokio::test]
async fn what_cannot_be_read_stands_in_nobodys_way() {
    let (house, _) = house();
    let [one, two] = owners();
    for key in [schema::chain(one), schema::audit(two, entry(1, "x").id)] {
        let put = Put::new(key, "{\"v\":9}", Expect::Absent);
        house.store.put(put, op()).await.unwrap();
    }
    note(&house, one, entry(2, "call.denied")).await;
    note(&house, two, entry(2, "call.denied")).await;
    house.connect(json!({ "kind": "api", "name": "told by its write alone" })).await;
    house.pump.drain().await.unwrap();
    let sealed = export(&house, OTHER_OWNER).await;
    assert_eq!((faults(&sealed), told(&sealed)), (vec![], vec!["call.denied".to_owned()]));
    let shown = house.call("GET", "/audit/logs", OWNER, None).await;
    let shown = shown.body["data"].as_array().unwrap();
    let mut actions: Vec<_> = shown.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["call.denied", "connection.created", "owner.signed_in"]);
    let unsealed = shown.iter().all(|entry| entry["sealed"] == false);
    assert!(unsealed, "they stay for the version that can read the chain");
    for path in ["/audit/head", "/audit/export", "/audit/export?format=csv"] {
        let answer = house.call("GET", path, OWNER, None).await;
        let said = answer.is_problem(500);
        assert_eq!(said.text("/type"), "urn:larder:problem:audit-log-unreadable", "{path}");
        assert!(said.text("/detail").contains("newest version") && !said.body.to_string().contains("chain"));
    }
}

#[tokio::test]
async fn each_entry_says_who_did_what() {
    let (house, _) = house();
    let (id, key) = house.connect(json!({ "kind": "api", "name": "full", "preset": "full_access" })).await;
    let task = house.task(&key, "Milk").await;
    let connection = id.parse().unwrap();
    let about = About::LimitReached { window: "hour".to_owned(), limit: 1, until: house.clock.now() };
    let notice = Notice { connection, at: house.clock.now(), about };
    house.store.put(notice.put(owners()[0]).unwrap(), op()).await.unwrap();
    house.pump.drain().await.unwrap();
    let shown = house.call("GET", "/audit/logs", OWNER, None).await.body;
    let entries = shown["data"].as_array().unwrap();
    for (action, actor, result, target, in_a_call) in [
        ("connection.created", "owner", "done", &id, true),
        ("task.created", "connection", "done", &task, true),
        ("connection.limit_reached", "larder", "refused", &id, false),
    ] {
        let entry =
            entries.iter().find(|entry| entry["action"] == action).unwrap_or_else(|| panic!("{action}"));
        assert_eq!((&entry["actor"], &entry["result"]), (&json!(actor), &json!(result)), "{entry}");
        assert_eq!((&entry["target"], &entry["connection"]), (&json!(target), &json!(id)), "{entry}");
        assert_eq!(entry["request"].is_string(), in_a_call, "{entry}");
    }
}
