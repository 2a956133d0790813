//! Decisions against a plain reading of the grant.

use domain::access::{Action, Actions, Ask, Fields, Grant, Only, Resource, Rule, Subject, Tag, When, decide};
use domain::id::ConnectionId;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

/// What the words of a grant mean, said as plainly as possible: some rule that names the action on the resource is
/// open at that time, takes the item, and leaves the field.
fn plainly(grant: &Grant, ask: Ask, item: &Subject<'_>, field: &str) -> bool {
    grant.0.iter().any(|rule| {
        let named = rule.resource == ask.resource && rule.actions.iter().any(|action| action == ask.action);
        let open = match &rule.when {
            None => true,
            Some(When { not_before, not_after, .. }) => {
                !not_before.is_some_and(|start| ask.at < start) && !not_after.is_some_and(|end| ask.at >= end)
            }
        };
        let taken = match &rule.only {
            None => true,
            Some(only) => {
                let tags: Vec<_> = only.tags.iter().filter(|tag| item.tags.contains(tag)).collect();
                (only.tags.is_empty() || !tags.is_empty()) && (!only.own || item.created_by == Some(ask.by))
            }
        };
        let left = match &rule.fields {
            None => true,
            Some(Fields::Allow(names)) => names.iter().any(|name| name.as_str() == field),
            Some(Fields::Deny(names)) => names.iter().all(|name| name.as_str() != field),
        };
        named && open && taken && left
    })
}

const FIELDS: [&str; 3] = ["title", "due", "status"];

fn tag(n: u8) -> Tag {
    Tag::try_from(format!("tag{n}")).unwrap()
}

prop_compose! {
    fn rules()(
        resource in 0..Resource::ALL.len(), actions in 0u8..8, fields in proptest::option::of((any::<bool>(), 1u8..8)),
        only in proptest::option::of((0u8..8, any::<bool>())), when in proptest::option::of((0i64..4, 0i64..4)),
        ask in any::<bool>(),
    ) -> Rule {
        let actions: Actions = Action::ALL.into_iter().enumerate().filter(|(n, _)| actions & (1 << n) != 0).map(|(_, a)| a).collect();
        let fields = fields.map(|(allow, bits)| {
            let names: Vec<_> = FIELDS.iter().enumerate().filter(|(n, _)| bits & (1 << n) != 0).map(|(_, name)| json!(name)).collect();
            serde_json::from_value(json!({ if allow { "allow" } else { "deny" }: names })).unwrap()
        });
        let only = only.map(|(bits, own)| Only {
            tags: (0..3).filter(|n| bits & (1 << n) != 0).map(tag).collect::<Vec<_>>().try_into().unwrap(),
            own, ..Only::default()
        });
        let at = |second| Timestamp::from_second(second).unwrap();
        let when = when.map(|(start, end)| When { not_before: Some(at(start)), not_after: Some(at(end)), hours: None });
        Rule { resource: Resource::ALL[resource], actions, fields, only, when, ask }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decisions_are_what_the_words_mean(
        rules in proptest::collection::vec(rules(), 0..50), resource in 0..Resource::ALL.len(), action in 0usize..3,
        second in 0i64..4, tags in proptest::collection::vec(0u8..3, 0..3), own in any::<bool>(), field in 0usize..3,
    ) {
        let by = ConnectionId::from_bytes([1; 16]);
        let tags: Vec<Tag> = tags.into_iter().map(tag).collect();
        let item = Subject { tags: &tags, created_by: own.then_some(by), ..Subject::default() };
        let (action, resource) = (Action::ALL[action], Resource::ALL[resource]);
        let ask = Ask { by, action, resource, at: Timestamp::from_second(second).unwrap() };
        let grant = Grant(rules);
        let shown = decide(&grant, ask).ok().and_then(|scope| scope.of(&item)).is_some_and(|scope| scope.shows(FIELDS[field]));
        prop_assert_eq!(shown, plainly(&grant, ask, &item, FIELDS[field]));
        // Nobody is asked about exactly what the rules that do not ask allow; nobody is asked whether one may read.
        let unasked = decide(&grant, ask).ok().and_then(|scope| scope.unasked()?.of(&item)).is_some_and(|scope| scope.shows(FIELDS[field]));
        let free = Grant(grant.0.iter().filter(|rule| action == Action::Read || !rule.ask).cloned().collect());
        prop_assert_eq!(unasked, plainly(&free, ask, &item, FIELDS[field]));
    }
}
