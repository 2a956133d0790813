#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

use super::*;
use crate::access::Resource;
use crate::change::Verb;
use crate::id::{ChangeId, OwnerId, RequestId};
use serde_json::json;

const AGENT: ConnectionId = ConnectionId::from_bytes([1; 16]);
const OTHER: ConnectionId = ConnectionId::from_bytes([2; 16]);

/// Everything that AGENT wrote from second 100 on.
const WHICH: Which = Which::Of { connection: AGENT, since: at(100), until: None };

const fn at(second: i64) -> Timestamp {
    Timestamp::constant(second, 0)
}

fn by(connection: Option<ConnectionId>) -> Source {
    Source::of(connection, RequestId::from_bytes([0; 16]))
}

fn undo(nth: u8) -> Source {
    Source { undo: Some(UndoId::new(at(100), [nth; 10])), ..by(None) }
}

fn agent() -> Source {
    by(Some(AGENT))
}

/// The states that an item went through, one a second from 100 on, each with its writer; the first was there before.
#[derive(Clone)]
struct Past {
    states: Vec<Option<Value>>,
    sources: Vec<Source>,
}

impl Past {
    fn new(first: Option<&str>) -> Self {
        Self { states: vec![state(first)], sources: Vec::new() }
    }

    fn then(mut self, source: Source, next: Option<&str>) -> Self {
        self.states.push(state(next));
        self.sources.push(source);
        self
    }

    fn plan(&self, which: Which) -> Plan {
        let mut unravelling = Unravelling::new(which, |_| &["derived"]);
        for (nth, source) in self.sources.iter().enumerate().rev() {
            let version = nth as u64 + 2;
            let change = Change {
                id: ChangeId::of(OwnerId::LARDER, "x", version),
                owner: OwnerId::LARDER,
                resource: Resource::Tasks,
                noun: "task".to_owned(),
                verb: Verb::Updated,
                at: at(100 + nth as i64),
                source: *source,
                before: self.states[nth].clone(),
                after: self.states[nth + 1].clone(),
            };
            if !unravelling.take(version, change) {
                break;
            }
        }
        unravelling.plan()
    }

    fn undo(self, which: Which, source: Source) -> (Self, Plan) {
        let plan = self.plan(which);
        let next = match &plan {
            Plan::Nothing | Plan::Conflict(_) => return (self, plan),
            Plan::Remove => None,
            Plan::Revert(state) | Plan::Restore(state) => Some(state["title"].as_str().unwrap().to_owned()),
        };
        (self.then(source, next.as_deref()), plan)
    }

    fn now(&self) -> &Option<Value> {
        self.states.last().unwrap()
    }
}

fn state(title: Option<&str>) -> Option<Value> {
    title.map(|title| json!({ "title": title, "version": 0 }))
}

fn is_conflict(plan: &Plan, second: i64) {
    assert!(matches!(plan, Plan::Conflict(write) if write.at == at(second)), "{plan:?}");
}

#[test]
fn several_writes_collapse_into_the_state_before_the_first() {
    let updated = Past::new(Some("a")).then(agent(), Some("b")).then(agent(), Some("c"));
    assert_eq!(updated.plan(WHICH), Plan::Revert(state(Some("a")).unwrap()));
    let deleted = updated.clone().then(agent(), None);
    assert_eq!(deleted.plan(WHICH), Plan::Restore(state(Some("a")).unwrap()));
    assert_eq!(updated.then(agent(), Some("a")).plan(WHICH), Plan::Nothing);
    let made = Past::new(None).then(agent(), Some("a")).then(agent(), Some("b"));
    assert_eq!(made.plan(WHICH), Plan::Remove);
    assert_eq!(made.then(agent(), None).plan(WHICH), Plan::Nothing);
}

#[test]
fn nobody_elses_write_is_overwritten() {
    let later = Past::new(Some("a")).then(agent(), Some("b")).then(by(None), Some("c"));
    is_conflict(&later.plan(WHICH), 101);
    is_conflict(&later.clone().then(by(Some(OTHER)), Some("b")).plan(WHICH), 102);
    is_conflict(&later.then(agent(), Some("d")).plan(WHICH), 101);
    let earlier = Past::new(Some("a")).then(by(Some(OTHER)), Some("b")).then(agent(), Some("c"));
    assert_eq!(earlier.plan(WHICH), Plan::Revert(state(Some("b")).unwrap()));
    let own = Past::new(Some("a")).then(agent(), Some("b")).then(agent(), Some("c"));
    let first = Which::Of { connection: AGENT, since: at(100), until: Some(at(101)) };
    is_conflict(&own.plan(first), 101);
    let nobodys = Past::new(Some("a")).then(by(Some(OTHER)), Some("b"));
    assert_eq!(nobodys.plan(WHICH), Plan::Nothing);
}

#[test]
fn what_follows_from_other_fields_is_nobodys_write() {
    let mut past = Past::new(Some("a")).then(agent(), Some("b")).then(by(None), Some("b"));
    past.states[2].as_mut().unwrap()["derived"] = json!(1);
    assert_eq!(past.plan(WHICH), Plan::Revert(state(Some("a")).unwrap()));
}

#[test]
fn an_undo_can_be_undone_and_done_again() {
    let past = Past::new(Some("a")).then(agent(), Some("b")).then(agent(), None);
    let (past, plan) = past.undo(WHICH, undo(1));
    assert_eq!(plan, Plan::Restore(state(Some("a")).unwrap()));
    let (past, plan) = past.undo(WHICH, undo(2));
    assert_eq!(plan, Plan::Nothing, "a repeat finds nothing to do");
    let (past, plan) = past.undo(Which::Undo(undo(1).undo.unwrap()), undo(3));
    assert_eq!((plan, past.now()), (Plan::Remove, &None));
    let (past, plan) = past.undo(Which::Undo(undo(1).undo.unwrap()), undo(4));
    assert_eq!(plan, Plan::Nothing);
    let (past, _) = past.undo(WHICH, undo(5));
    assert_eq!(past.now(), &state(Some("a")));
    let past = past.then(agent(), Some("z"));
    assert_eq!(past.plan(WHICH), Plan::Revert(state(Some("a")).unwrap()), "what is undone does not count");
    let past = past.then(by(Some(OTHER)), Some("y"));
    is_conflict(&past.plan(Which::Undo(undo(5).undo.unwrap())), 106);
}

#[test]
fn whoever_wrote_at_random_is_left_alone() {
    let mut random = 7_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    for _ in 0..20_000 {
        let mut past = Past::new([None, Some("a")][next(2) as usize]);
        for _ in 0..next(7) {
            let writer = [agent(), by(Some(OTHER)), by(None)][next(3) as usize];
            let states = [None, Some("a"), Some("b"), Some("c")];
            let states: Vec<_> = states.into_iter().filter(|it| state(*it) != *past.now()).collect();
            past = past.then(writer, states[next(states.len() as u64) as usize]);
        }
        let first = past.sources.iter().position(|source| *source == agent());
        let touched = first.map(|first| past.sources[first..].iter().any(|source| *source != agent()));
        let before = past.clone();
        let (undone, plan) = past.undo(WHICH, undo(1));
        match (first, touched) {
            (Some(_), Some(true)) => {
                assert!(matches!(plan, Plan::Conflict(_)), "{plan:?}");
                assert_eq!(undone.now(), before.now());
            }
            (Some(first), _) => assert_eq!(undone.now(), &before.states[first]),
            (None, _) => assert_eq!(plan, Plan::Nothing),
        }
        let (again, plan) = undone.undo(WHICH, undo(2));
        assert!(matches!(plan, Plan::Nothing | Plan::Conflict(_)), "{plan:?}");
        let (back, _) = again.undo(Which::Undo(undo(1).undo.unwrap()), undo(3));
        assert_eq!(back.now(), before.now(), "the undo of an undo brings back what was there");
    }
}
