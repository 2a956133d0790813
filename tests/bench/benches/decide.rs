//! What one decision costs: about a grant as large as it may be, and one item.

use criterion::{Criterion, criterion_group, criterion_main};
use domain::access::{Action, Ask, Grant, Resource, Subject, Tag, decide};
use domain::id::ConnectionId;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::hint::black_box;

const BY: ConnectionId = ConnectionId::from_bytes([1; 16]);

/// All of them for the same action, so that each has to be looked at.
fn grant(when: impl Fn(usize) -> Value) -> Grant {
    let rule = |n: usize| {
        json!({
            "resource": "tasks", "actions": ["read"], "fields": { "deny": ["description"] },
            "only": { "tags": [format!("tag{n}"), "other"] }, "when": when(n),
        })
    };
    serde_json::from_value((0..50).map(rule).collect()).unwrap_or_default()
}

fn decision(criterion: &mut Criterion) {
    let tags: Vec<Tag> = ["tag49"].into_iter().filter_map(|tag| Tag::try_from(tag.to_owned()).ok()).collect();
    let item = Subject { tags: &tags, created_by: Some(BY), ..Subject::default() };
    let at = Timestamp::from_second(1_800_000_000).unwrap_or_default();
    let ask = Ask { by: BY, action: Action::Read, resource: Resource::Tasks, at };
    let hours = json!({ "hours": { "from": "08:00", "to": "20:00", "time_zone": "Europe/Vienna" } });
    let grants = [("50 rules", grant(|_| Value::Null)), ("50 rules with hours", grant(|_| hours.clone()))];
    let mut group = criterion.benchmark_group("decide");
    for (name, grant) in &grants {
        assert_eq!(grant.0.len(), 50, "the grant is as it should be");
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let scope = decide(black_box(grant), black_box(ask)).ok()?;
                Some(scope.of(black_box(&item))?.shows(black_box("title")))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
