//! What can be done with any noun, in words, types and examples. An item's example is made of what one is made of.

use domain::access::Shown;
use domain::id::{ConnectionId, OpId, RequestId};
use domain::noun::Rules;
use domain::operation::Operation as Does;
use domain::shelf::{Source, Writer};
use http::Method;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde_json::{Value, json};
use web::openapi::Operation;
use web::{Page, PageParams, PastChange};

pub(super) fn operations<T: Rules + JsonSchema>(new: Value, patch: Value) -> Vec<Operation> {
    let (does, item) = (T::DOES, item::<T>(&new));
    let page = json!({ "data": [item], "next_cursor": null });
    let history = format!("get_{}_history", T::NAME);
    vec![
        of(&does.list, "All that may be read, newest first, in pages")
            .query::<PageParams>()
            .answers::<Page<Shown<T>>>(200, page)
            .read_as_wanted()
            .linked(),
        of(&does.get, "One by its id")
            .at::<T::Id>()
            .answers::<Shown<T>>(200, item.clone())
            .read_as_wanted()
            .told_once()
            .tagged(),
        of(&does.create, "Make one")
            .repeatable()
            .takes::<T::New>(new)
            .answers::<Shown<T>>(201, item.clone())
            .tagged()
            .preferring(),
        of(&does.update, "Change the given fields; the others stay")
            .at::<T::Id>()
            .versioned()
            .takes::<T::Patch>(patch)
            .answers::<Shown<T>>(200, item.clone())
            .answers_nothing()
            .tagged()
            .preferring(),
        of(&does.delete, "Move it to the trash, where it stays for 30 days")
            .at::<T::Id>()
            .versioned()
            .answers_nothing(),
        Operation::new(Method::GET, does.history, history, "What happened to it in the last 90 days")
            .at::<T::Id>()
            .query::<PageParams>()
            .answers::<Page<PastChange>>(200, past(item)),
    ]
}

fn of(does: &'static Does, summary: &'static str) -> Operation {
    let method = Method::from_bytes(does.method.as_bytes()).unwrap_or_default();
    Operation::new(method, does.path, does.tool, summary)
}

fn item<T: Rules>(new: &Value) -> Value {
    let at = Timestamp::from_second(1_800_000_000).unwrap_or_default();
    let (connection, request) = (ConnectionId::new(at, [0; 10]), RequestId::new(at, [0; 10]));
    let source = Source { connection: Some(connection), request, undo: None };
    let writer = Writer { at, source, op: OpId::from_bytes([0; 16]) };
    let item = serde_json::from_value(new.clone()).ok().map(|new| {
        let id = T::mint(&new, at, [0; 10]);
        serde_json::to_value(T::new(id, new, &writer)).unwrap_or_default()
    });
    item.unwrap_or_default()
}

fn past(item: Value) -> Value {
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
