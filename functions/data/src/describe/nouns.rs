//! What can be done with any noun, in words, types and examples. An item's example is made of what one is made of.

use domain::access::Shown;
use domain::collection::CollectionName;
use domain::id::{ConnectionId, OpId, RequestId};
use domain::noun::Rules;
use domain::operation::Operation as Does;
use domain::shelf::{Source, Writer};
use http::Method;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde_json::{Value, json};
use web::openapi::Operation;
use web::{Batch, Items, Page, PageParams, PastChange};

pub(super) fn operations<T: Rules + JsonSchema>(new: Value, patch: Value) -> Vec<Operation> {
    let (does, item, new) = (T::DOES, item::<T>(&new), sent(T::DOES.create.path, new));
    let page = json!({ "data": [item], "next_cursor": null });
    let history = format!("get_{}_history", T::NAME);
    let mut operations = vec![
        all::<T>(of(
            &does.list,
            "All that may be read, or those for which everything holds that is given, in pages",
        ))
        .query::<PageParams>()
        .query::<T::Filter>()
        .answers::<Page<Shown<T>>>(200, page)
        .read_as_wanted::<Shown<T>>()
        .linked(),
        one::<T>(of(&does.get, "One by its id"))
            .answers::<Shown<T>>(200, item.clone())
            .read_as_wanted::<Shown<T>>()
            .told_once()
            .tagged(),
        create::<T>(new.clone(), &item),
        one::<T>(of(&does.update, "Change the given fields; the others stay"))
            .versioned()
            .takes::<T::Patch>(patch)
            .answers::<Shown<T>>(200, item.clone())
            .in_all_forms()
            .answers_nothing()
            .tagged()
            .preferring(),
        one::<T>(of(
            &does.put,
            "Make it under this id, or replace what is there: what is not given is as in a new one",
        ))
        .conditional()
        .takes::<T::New>(new.clone())
        .answers::<Shown<T>>(200, item.clone())
        .answers::<Shown<T>>(201, item.clone())
        .in_all_forms()
        .answers_nothing()
        .tagged()
        .preferring(),
        one::<T>(of(&does.delete, "Move it to the trash, where it stays for 30 days"))
            .versioned()
            .answers_nothing(),
        one::<T>(of(&does.restore, "Bring it back out of the trash"))
            .answers::<Shown<T>>(200, item.clone())
            .in_all_forms()
            .answers_nothing()
            .tagged()
            .preferring()
            .refuses(409),
        one::<T>(Operation::new(
            Method::GET,
            does.history,
            history,
            "What happened to it in the last 90 days",
        ))
        .needs(&does.get)
        .query::<PageParams>()
        .answers::<Page<PastChange>>(200, past(item.clone()))
        .in_all_forms()
        .linked(),
    ];
    operations.extend(T::DEEDS.iter().map(|deed| {
        one::<T>(of(deed.does, deed.says))
            .versioned()
            .answers::<Shown<T>>(200, item.clone())
            .in_all_forms()
            .answers_nothing()
            .tagged()
            .preferring()
    }));
    operations.extend(does.batch.as_ref().map(|many| {
        all::<T>(of(many, "Make up to 25, each by itself; a batch counts as as many calls as it has items"))
            .repeatable()
            .takes::<Items<T::New>>(json!({ "items": [new] }))
            .answers::<Batch<Shown<T>>>(200, json!({ "data": [{ "index": 0, "status": 201, "item": item }] }))
            .answers::<Batch<Shown<T>>>(207, refused_one())
            .in_all_forms()
    }));
    operations
}

/// What a batch answers of which something was refused.
fn refused_one() -> Value {
    let detail = "/title: missing field `title`";
    let problem = json!({
        "type": "urn:larder:problem:invalid-input",
        "title": "The input is not valid",
        "status": 400,
        "detail": detail,
        "errors": [{ "pointer": "/title", "detail": "missing field `title`" }],
        "request_id": "req_06hhgq2g000000000000000000",
    });
    json!({ "data": [{ "index": 0, "status": 400, "problem": problem }] })
}

fn create<T: Rules + JsonSchema>(new: Value, item: &Value) -> Operation {
    let create = all::<T>(of(&T::DOES.create, "Make one"))
        .repeatable()
        .takes::<T::New>(new)
        .answers::<Shown<T>>(201, item.clone())
        .tagged()
        .preferring();
    // There is one already that says the same.
    let create = if T::SAID_ONCE.is_some() { create.answers::<Shown<T>>(200, item.clone()) } else { create };
    create.in_all_forms()
}

/// Where all of them lie.
fn all<T: Rules>(operation: Operation) -> Operation {
    if T::LIES_IN { operation.at::<CollectionName>() } else { operation }
}

fn one<T: Rules>(operation: Operation) -> Operation {
    all::<T>(operation).at::<T::Id>()
}

/// What is sent of it: the path says the rest.
fn sent(path: &str, mut new: Value) -> Value {
    let said = |name: &str| path.contains(&format!("{{{name}}}"));
    new.as_object_mut().into_iter().for_each(|fields| fields.retain(|name, _| !said(name)));
    new
}

pub(super) fn of(does: &'static Does, summary: &'static str) -> Operation {
    let method = Method::from_bytes(does.method.as_bytes()).unwrap_or_default();
    Operation::new(method, does.path, does.name, summary).needs(does)
}

pub(super) fn item<T: Rules>(new: &Value) -> Value {
    let at = Timestamp::from_second(1_800_000_000).unwrap_or_default();
    let (connection, request) = (ConnectionId::new(at, [0; 10]), RequestId::new(at, [0; 10]));
    let source = Source::of(Some(connection), request);
    let writer = Writer { at, source, op: OpId::from_bytes([0; 16]) };
    let item = serde_json::from_value(new.clone()).ok().map(|new| {
        let id = T::mint(&new, at, [0; 10]);
        serde_json::to_value(T::new(id, new, &writer)).unwrap_or_default()
    });
    item.unwrap_or_default()
}

pub(super) fn past(item: Value) -> Value {
    let change = json!({
        "version": 1,
        "verb": "created",
        "at": "2027-01-15T08:00:00Z",
        "by": "own",
        "fields": ["title"],
        "before": null,
        "after": item,
    });
    json!({ "data": [change], "next_cursor": null })
}
