//! What can be read by its URI. What is not there, not this owner's, or not allowed is all the same: not found.

mod read;
mod uri;

use crate::answer::DATA;
use domain::Error;
use domain::connection::Connection;
use domain::operation::{GOALS, LIFE_AREAS, MEMORIES, Operation, PROFILE as ITS, RECORDS, TASKS};
use jiff::Timestamp;
use rmcp::model::{CacheScope, ErrorData, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use uri::Address;
use web::{Call, Problem};

/// One kind of them, with the URI that leads there, or the template of such URIs.
pub(crate) struct Kind {
    pub(crate) uri: &'static str,
    name: &'static str,
    title: &'static str,
    says: &'static str,
    media_type: &'static str,
    /// How long a client may keep it, in milliseconds.
    fresh_for: u64,
    /// None: whoever has to ask first.
    needs: Option<&'static Operation>,
}

const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";
const MINUTE: u64 = 60_000;

pub(crate) static PROFILE: Kind = Kind {
    uri: "larder://me/profile",
    name: "profile",
    title: "Profile",
    says: "Who the person is, how they like to be helped, and their goals, as far as you may know.",
    media_type: JSON,
    fresh_for: 5 * MINUTE,
    needs: Some(&ITS.get),
};
pub(crate) static TODAY: Kind = Kind {
    uri: "larder://me/today",
    name: "today",
    title: "Today",
    says: "What is due, overdue, in progress and done, on the day that it is for the person.",
    media_type: MARKDOWN,
    fresh_for: MINUTE,
    needs: Some(&TASKS.list),
};
pub(crate) static DAILY: Kind = Kind {
    uri: "larder://me/daily/{date}",
    name: "daily",
    title: "A day",
    says: "What is due, overdue, in progress and done on a day (YYYY-MM-DD).",
    media_type: MARKDOWN,
    fresh_for: 10 * MINUTE,
    needs: Some(&TASKS.list),
};
pub(crate) static GOAL: Kind = Kind {
    uri: "larder://goals/{id}/context",
    name: "goal-context",
    title: "A goal and what belongs to it",
    says: "A goal with its tasks, its smaller goals, memories that speak of it, and what happened to it.",
    media_type: JSON,
    fresh_for: 10 * MINUTE,
    needs: Some(&GOALS.get),
};
static AREAS: Kind = Kind {
    uri: "larder://life-areas",
    name: "life-areas",
    title: "Life areas",
    says: "The parts of the person's life, and what they weigh.",
    media_type: JSON,
    fresh_for: 60 * MINUTE,
    needs: Some(&LIFE_AREAS.list),
};
pub(crate) static MEMORY: Kind = Kind {
    uri: "larder://memories/{id}",
    name: "memory",
    title: "A memory",
    says: "One memory by its id.",
    media_type: JSON,
    fresh_for: 5 * MINUTE,
    needs: Some(&MEMORIES.get),
};
pub(crate) static RECORD: Kind = Kind {
    uri: "larder://collections/{name}/{id}",
    name: "record",
    title: "A record",
    says: "One record of a collection, by the collection's name and its id.",
    media_type: JSON,
    fresh_for: 5 * MINUTE,
    needs: Some(&RECORDS.get),
};

pub(crate) static APPROVAL: Kind = Kind {
    uri: "larder://me/approvals/{id}",
    name: "approval",
    title: "A change that waits",
    says: "What became of a change that the person was asked about.",
    media_type: JSON,
    fresh_for: 0,
    needs: None,
};

static ALL: [&Kind; 8] = [&PROFILE, &TODAY, &AREAS, &DAILY, &GOAL, &MEMORY, &RECORD, &APPROVAL];

impl Kind {
    pub(crate) fn is_for(&self, connection: &Connection, at: Timestamp) -> bool {
        match self.needs {
            Some(needs) => connection.allows(needs, at).is_ok(),
            None => connection.grant.0.iter().any(|rule| rule.ask),
        }
    }

    fn is_template(&self) -> bool {
        self.uri.contains('{')
    }
}

fn offered(connection: &Connection, at: Timestamp, templates: bool) -> impl Iterator<Item = &'static Kind> {
    ALL.into_iter().filter(move |kind| kind.is_template() == templates && kind.is_for(connection, at))
}

pub(crate) fn fixed(connection: &Connection, at: Timestamp) -> impl Iterator<Item = Resource> {
    offered(connection, at, false).map(|kind| {
        Resource::new(kind.uri, kind.name)
            .with_title(kind.title)
            .with_description(kind.says)
            .with_mime_type(kind.media_type)
    })
}

pub(crate) fn templates(connection: &Connection, at: Timestamp) -> impl Iterator<Item = ResourceTemplate> {
    offered(connection, at, true).map(|kind| {
        ResourceTemplate::new(kind.uri, kind.name)
            .with_title(kind.title)
            .with_description(kind.says)
            .with_mime_type(kind.media_type)
    })
}

/// The kind of resources with this template, by either scheme.
pub(crate) fn of_template(template: &str) -> Option<&'static Kind> {
    ALL.into_iter().find(|kind| uri::place(kind.uri) == uri::place(template))
}

/// To where more is said of an item of this noun.
pub(crate) fn link(noun: &str, item: &RawValue) -> Option<Resource> {
    #[derive(Deserialize)]
    struct Place {
        id: String,
        collection: Option<String>,
    }
    let kind = match noun {
        "goal" => &GOAL,
        "memory" => &MEMORY,
        "record" => &RECORD,
        _ => return None,
    };
    let Place { id, collection } = serde_json::from_str(item.get()).ok()?;
    let uri = kind.uri.replace("{id}", &id);
    let uri = if noun == "record" { uri.replace("{name}", &collection?) } else { uri };
    Some(Resource::new(uri, kind.name).with_mime_type(kind.media_type))
}

pub(crate) async fn read(call: &Call, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    found(call, uri).await.map_err(|problem| {
        problem.log(call.request());
        let said = if problem.status.is_server_error() {
            ErrorData::internal_error(problem.detail().to_owned(), None)
        } else {
            ErrorData::resource_not_found("there is no such resource", Some(json!({ "uri": uri })))
        };
        call.set_refusal(problem);
        said
    })
}

pub(crate) async fn found(call: &Call, uri: &str) -> Result<ReadResourceResult, Problem> {
    let address = Address::of(uri, call.owner()).ok_or(Error::NotFound("resource"))?;
    let kind = address.kind();
    let text = address.read(call).await?;
    let contents = ResourceContents::text(text, uri).with_mime_type(kind.media_type).with_meta(DATA.clone());
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(kind.fresh_for)
        .with_cache_scope(CacheScope::Private))
}
