//! Of the events that there are, those that this connection is told, as far as it is told them.

use super::{Hidden, Names, strip};
use domain::access::{Action, Resource};
use domain::change::{TOLD, events};
use domain::connection::Connection;
use domain::delivery::TEST;
use jiff::Timestamp;
use serde_json::{Map, Value};

pub(in crate::document) fn narrow(document: &mut Value, connection: &Connection, at: Timestamp) {
    let config = connection.face.choices();
    let told = |resource: &Resource| connection.decide(Action::Read, *resource, at).is_ok();
    let webhooks = document.get_mut("webhooks").and_then(Value::as_object_mut);
    let Some(webhooks) = webhooks else { return };
    webhooks.retain(|name, _| config.asks_for(name));
    let mut left = std::mem::take(webhooks);
    webhooks.extend(left.remove_entry(TEST));
    for resource in TOLD.into_iter().filter(told) {
        let Hidden { read, .. } = Hidden::of(connection, resource, at);
        for name in events(resource) {
            let Some(mut said) = left.remove(&name) else { continue };
            let examples = said.pointer_mut("/post/requestBody/content/application~1json/examples");
            let examples = examples.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
            examples.filter_map(|example| example.get_mut("value")).for_each(|event| hide(event, &read));
            webhooks.insert(name, said);
        }
    }
    if webhooks.is_empty() {
        document.as_object_mut().map(|document| document.remove("webhooks"));
    }
}

/// As it is told to who may not read these fields.
fn hide(event: &mut Value, hidden: &Names<'_>) {
    let Some(told) = event.get_mut("data").and_then(Value::as_object_mut) else { return };
    told.iter_mut()
        .filter(|(name, _)| ["object", "changed"].contains(&name.as_str()))
        .for_each(|(_, inner)| strip(inner, hidden));
    if hidden.contains("source") {
        told.remove("source");
    }
    if hidden.contains("collection") {
        told.remove("link");
        if let Some(name) = event.get_mut("type")
            && let Some((noun, verb)) =
                name.as_str().and_then(|name| Some((name.split('.').next()?, name.rsplit('.').next()?)))
        {
            *name = format!("{noun}.{verb}").into();
        }
    }
}
