//! The description as one connection finds it. What it may not do, and fields that are hidden from it, are nowhere.

pub(super) mod events;

use domain::Result;
use domain::access::{Action, Resource, Scope, leave_out};
use domain::connection::Connection;
use domain::filter::looks_at;
use domain::memory::Question;
use domain::operation::{self, APPLY_GOAL_PLAN, SEARCH_MEMORIES};
use domain::plan;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const KEY_IN_ADDRESS: &str = "connectionKeyQuery";

/// The description itself, and what became of what it asked, which every connection may read.
const OWN: [&str; 2] = ["get_own_openapi", "get_own_approval"];

/// Names of fields, or of parts of the document.
type Names<'a> = BTreeSet<&'a str>;

/// What a connection cannot see of a resource, and what it cannot write.
struct Hidden {
    read: Names<'static>,
    write: Names<'static>,
}

pub(super) fn narrowed(whole: &Value, connection: &Connection, at: Timestamp) -> Value {
    let mut document = whole.clone();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for operations in paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        operations.retain(|_, said| narrow(said, connection, at));
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    paths.into_iter().for_each(|paths| paths.retain(|_, said| *said != Value::Object(Map::new())));
    for one in operation::all() {
        let (noun, hidden) = (type_name(one.noun), Hidden::of(connection, one.resource, at));
        for (name, hidden) in [
            (noun.clone(), &hidden.read),
            (format!("New{noun}"), &hidden.write),
            (format!("{noun}Patch"), &hidden.write),
        ] {
            let held = document.pointer_mut(&format!("/components/schemas/{name}"));
            let held = held.and_then(Value::as_object_mut);
            held.into_iter().for_each(|schema| leave_out(schema, |name| hidden.contains(name)));
        }
    }
    let tasks = connection.allows(&APPLY_GOAL_PLAN, at).ok();
    let is_hidden = |name: &str| tasks.is_some_and(|tasks| plan::is_hidden(&tasks, name));
    let planned = document.pointer_mut("/components/schemas/PlannedTask");
    let planned = planned.and_then(Value::as_object_mut);
    planned.into_iter().for_each(|schema| leave_out(schema, is_hidden));
    let Hidden { read, .. } = Hidden::of(connection, SEARCH_MEMORIES.resource, at);
    let looks = |name: &str| Question::looks_at(name).iter().any(|field| read.contains(field));
    let question = document.pointer_mut("/components/schemas/Question/properties");
    let properties = question.and_then(Value::as_object_mut);
    properties.into_iter().for_each(|all| all.retain(|name, _| !looks(name)));
    events::narrow(&mut document, connection, at);
    keep_used(&mut document);
    document
}

/// Leaves what the connection may do of one operation; `false` if that is nothing.
fn narrow(said: &mut Value, connection: &Connection, at: Timestamp) -> bool {
    let Some(needs) = needed(said) else { return false };
    let id = said.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let one = operation::all().find(|one| one.name == id);
    let may = match (one, needs) {
        (Some(one), _) => connection.allows(one, at).is_ok(),
        (None, Some((resource, action))) => connection.decide(action, resource, at).is_ok(),
        (None, None) if OWN.contains(&id) => is_any(connection, at).is_ok(),
        (None, None) => operation::lists().any(|one| connection.allows(one, at).is_ok()),
    };
    if !may {
        return false;
    }
    if let Some((resource, _)) = needs {
        let noun = one.map_or("", |one| one.noun);
        let Hidden { read, write } = Hidden::of(connection, resource, at);
        let body = said.pointer_mut("/requestBody/content/application~1json/example");
        body.into_iter().for_each(|example| strip(example, &write));
        examples(said).for_each(|example| strip(example, &read));
        let parameters = said.get_mut("parameters").and_then(Value::as_array_mut);
        parameters.into_iter().for_each(|all| all.retain_mut(|one| narrow_parameter(one, noun, &read)));
    }
    let schemes = said.get_mut("security").and_then(Value::as_array_mut);
    if !connection.face.takes_key_from_address() {
        schemes.into_iter().for_each(|all| all.retain(|one| one.get(KEY_IN_ADDRESS).is_none()));
    }
    true
}

/// Whether there is anything that it may do; else why not.
pub(super) fn is_any(connection: &Connection, at: Timestamp) -> Result<()> {
    let mut all = operation::all().map(|one| connection.allows(one, at).map(|_| ()));
    let first = all.next().unwrap_or(Ok(()));
    if all.any(|may| may.is_ok()) { Ok(()) } else { first }
}

/// What an operation needs of a connection's grant; `None` if it is not for connections.
fn needed(said: &Value) -> Option<Option<(Resource, Action)>> {
    let schemes = said.get("security")?.as_array()?;
    let roles = schemes.iter().find_map(|scheme| scheme.get("connectionKey"))?;
    let role = roles.get(0).and_then(Value::as_str).and_then(|role| role.split_once(':'));
    let read = |text: &str| Value::String(text.to_owned());
    Some(role.and_then(|(resource, action)| {
        let resource = serde_json::from_value(read(resource)).ok()?;
        Some((resource, serde_json::from_value(read(action)).ok()?))
    }))
}

impl Hidden {
    fn of(connection: &Connection, resource: Resource, at: Timestamp) -> Self {
        let hidden = |action| {
            let scope = connection.decide(action, resource, at).ok();
            let shows = |name: &str| scope.as_ref().is_some_and(|scope: &Scope<'_>| scope.shows(name));
            resource.fields().iter().copied().filter(|name| !shows(name)).collect()
        };
        Self { read: hidden(Action::Read), write: hidden(Action::Write) }
    }
}

/// A parameter tells of the fields that it looks at, and so does what it can be given.
fn narrow_parameter(parameter: &mut Value, noun: &str, hidden: &Names<'_>) -> bool {
    if let Some(fields) = parameter.pointer_mut("/schema/items/enum").and_then(Value::as_array_mut) {
        fields.retain(|name| !name.as_str().is_some_and(|name| hidden.contains(name)));
    }
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let shows = |value: &str| !looks_at(noun, &name, value).iter().any(|field| hidden.contains(field));
    if let Some(values) = parameter.pointer_mut("/schema/enum").and_then(Value::as_array_mut) {
        let all = values.len();
        values.retain(|value| value.as_str().is_none_or(shows));
        if values.len() < all {
            // It speaks of all of them.
            parameter.as_object_mut().map(|parameter| parameter.remove("description"));
        }
    }
    shows("")
}

/// What is answered, as it may look.
fn examples(said: &mut Value) -> impl Iterator<Item = &mut Value> {
    let answers = said.get_mut("responses").and_then(Value::as_object_mut);
    let contents =
        answers.into_iter().flat_map(Map::values_mut).filter_map(|answer| answer.get_mut("content"));
    let forms = contents.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    forms.filter_map(|form| form.get_mut("example"))
}

/// Takes these fields out of an example, wherever they are named.
fn strip(value: &mut Value, hidden: &Names<'_>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !hidden.contains(&**name));
            fields.values_mut().for_each(|inner| strip(inner, hidden));
        }
        Value::Array(items) => {
            items.retain(|item| !item.as_str().is_some_and(|name| hidden.contains(name)));
            items.iter_mut().for_each(|item| strip(item, hidden));
        }
        _ => {}
    }
}

/// Of the parts that operations share, those that are left.
fn keep_used(document: &mut Value) {
    let mut used = BTreeSet::new();
    let roots = ["paths", "webhooks"];
    let mut new: Vec<_> = roots.iter().filter_map(|root| document.get(*root)).flat_map(references).collect();
    while let Some(place) = new.pop() {
        let inner = place.strip_prefix('#').and_then(|place| document.pointer(place)).map(references);
        if used.insert(place) {
            new.extend(inner.unwrap_or_default());
        }
    }
    let mut schemes = BTreeSet::new();
    document.get("paths").into_iter().for_each(|paths| schemes_in(paths, &mut schemes));
    let kinds = document.get_mut("components").and_then(Value::as_object_mut);
    for (kind, parts) in kinds.into_iter().flatten() {
        let is_used = |name: &str| match kind.as_str() {
            "securitySchemes" => schemes.contains(name),
            _ => used.contains(&format!("#/components/{kind}/{name}")),
        };
        parts.as_object_mut().into_iter().for_each(|parts| parts.retain(|name, _| is_used(name)));
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn schemes_in(value: &Value, found: &mut BTreeSet<String>) {
    let Value::Object(fields) = value else { return };
    if let Some(schemes) = fields.get("security").and_then(Value::as_array) {
        let named = schemes.iter().filter_map(Value::as_object).flat_map(Map::keys);
        found.extend(named.cloned());
    }
    fields.values().for_each(|inner| schemes_in(inner, found));
}

/// `life_area` is described as `LifeArea`.
fn type_name(noun: &str) -> String {
    let parts = noun.split('_').map(|part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or_default();
        first.to_uppercase() + rest
    });
    parts.collect()
}
