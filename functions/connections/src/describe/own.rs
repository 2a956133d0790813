//! The owner's way to what there is one of.

use domain::access::Shown;
use domain::preferences::{Preferences, PreferencesPatch};
use domain::profile::{Profile, ProfilePatch};
use http::Method;
use schemars::JsonSchema;
use serde_json::{Value, json};
use web::openapi::Operation;

pub(super) fn operations() -> Vec<Operation> {
    let hidden = json!({ "display_name": "Ada", "visible_to_agents": { "about": false } });
    vec![
        read::<Profile>("/owner/profile", "read_own_profile", profile()),
        change::<Profile>("/owner/profile", "change_own_profile", profile()).takes::<ProfilePatch>(hidden),
        read::<Preferences>("/owner/preferences", "read_own_preferences", preferences()),
        change::<Preferences>("/owner/preferences", "change_own_preferences", preferences())
            .takes::<PreferencesPatch>(json!({ "tone": "coach" })),
    ]
}

fn read<T: JsonSchema>(path: &'static str, id: &'static str, said: Value) -> Operation {
    let summary = "As it is, also what is hidden from connections; until somebody writes it, at version 0";
    Operation::new(Method::GET, path, id, summary).answers::<Shown<T>>(200, said).tagged()
}

fn change<T: JsonSchema>(path: &'static str, id: &'static str, said: Value) -> Operation {
    Operation::new(Method::PATCH, path, id, "Change the given fields; the others stay")
        .versioned()
        .answers::<Shown<T>>(200, said)
        .tagged()
}

fn profile() -> Value {
    written(json!({ "display_name": "Ada", "visible_to_agents": { "about": false } }))
}

fn preferences() -> Value {
    written(json!({
        "tone": "coach",
        "notifications": { "reminders": true, "daily_summary": false },
        "ai": { "allow_provider": false, "provider_order": [], "allow_sampling": false },
        "memory": { "auto_save": "ask" },
    }))
}

/// By the owner.
fn written(mut item: Value) -> Value {
    let stamps = json!({
        "id": "me",
        "created_at": "2027-01-15T08:00:00Z",
        "created_by": null,
        "updated_at": "2027-01-15T08:00:00Z",
        "source": { "connection": null, "request": "req_06hhgq2g000000000000000000" },
        "version": 1,
    });
    let stamps = stamps.as_object().cloned().unwrap_or_default();
    item.as_object_mut().into_iter().for_each(|fields| fields.extend(stamps.clone()));
    item
}
