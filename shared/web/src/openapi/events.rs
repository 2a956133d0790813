//! What webhooks are told, as OpenAPI says it: of each event its schema, which is made of what `GET` answers of the same
//! thing, and an example, which is made as every delivery is.

use super::operation::Operation;
use super::schemas::{SchemaOf, Schemas};
use domain::access::Resource;
use domain::change::{Change, TOLD, Told, Verb, events, link};
use domain::connection::Payload as Shape;
use domain::delivery::{Payload, TEST, Tested};
use domain::id::{ChangeId, OwnerId, RequestId};
use domain::notice;
use domain::shelf::Source;
use jiff::Timestamp;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

/// One event, by the parts of its name.
struct Event<'a> {
    name: &'a str,
    noun: &'a str,
    verb: &'a str,
    resource: Resource,
}

pub(super) fn webhooks(operations: &[Operation], schemas: &mut Schemas) -> Map<String, Value> {
    let all = TOLD.into_iter().flat_map(|resource| events(resource).map(move |name| (resource, name)));
    let all = all.chain([(Resource::Connections, TEST.to_owned())]);
    let webhook = |(resource, name): (Resource, String)| {
        let (noun, verb) = (name.split('.').next()?, name.rsplit('.').next()?);
        let said = Event { name: &name, noun, verb, resource }.document(operations, schemas)?;
        Some((name, json!({ "post": said })))
    };
    all.filter_map(webhook).collect()
}

impl Event<'_> {
    fn document(&self, operations: &[Operation], schemas: &mut Schemas) -> Option<Value> {
        let (object, example) = self.object(operations)?;
        let named = ["WebhookId", "WebhookTimestamp", "WebhookSignature"];
        let headers = named.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
        let examples = json!({
            "thin": { "value": self.example(&example, Shape::Thin)? },
            "full": { "value": self.example(&example, Shape::Full)? },
        });
        Some(json!({
            "operationId": format!("on_{}_{}", self.noun, self.verb),
            "security": [],
            "parameters": headers,
            "requestBody": {
                "required": true,
                "content": { "application/json": { "schema": self.schema(object, schemas), "examples": examples } },
            },
            "responses": {
                "2XX": { "description": "It was taken over" },
                "410": { "description": "Nobody is here any more: nothing is sent until its owner resumes it" },
                "default": {
                    "description": "It is sent again later",
                    "headers": {
                        "Retry-After": {
                            "description": "No sooner than in so many seconds, or at that time; within a day.",
                            "schema": { "type": "string" },
                        },
                    },
                },
            },
        }))
    }

    /// What it is about: its schema and an example.
    fn object(&self, operations: &[Operation]) -> Option<(SchemaOf, Map<String, Value>)> {
        let id = json!("conn_06hhgq2g000000000000000000");
        let at = json!("2027-01-22T08:00:00Z");
        let notice = |example| Some((SchemaGenerator::subschema_for::<notice::Told> as SchemaOf, example));
        let own = match self.verb {
            "expiring" => notice(json!({ "id": id, "expires_at": at })),
            "limit_warning" | "limit_reached" => {
                notice(json!({ "id": id, "window": "hour", "limit": 1_000, "until": at }))
            }
            "test" => Some((SchemaGenerator::subschema_for::<Tested> as SchemaOf, json!({ "id": id }))),
            _ => None,
        };
        let (schema, mut example): (SchemaOf, Value) = match own {
            Some(own) => own,
            None => {
                let get = format!("get_{}", self.noun);
                let (schema, example) = operations.iter().find(|one| *one.id == get)?.told()?;
                (schema, example.clone())
            }
        };
        if self.verb == "completed" {
            example["status"] = self.verb.into();
        }
        Some((schema, example.as_object_mut().map(std::mem::take)?))
    }

    fn schema(&self, object: SchemaOf, schemas: &mut Schemas) -> Value {
        let object = schemas.written(object);
        let name = object["$ref"].as_str().and_then(|place| place.rsplit('/').next()).unwrap_or_default();
        let name = format!("{name}Event");
        let mut event = schemas.written(SchemaGenerator::subschema_for::<Payload<'_>>);
        let told = &mut event["properties"]["data"]["properties"]["object"];
        let said = told["description"].take();
        *told = json!({ "description": said, "allOf": [object] });
        let event = schemas.named(name, event);
        json!({ "allOf": [event, { "properties": { "type": self.name() } }] })
    }

    fn name(&self) -> Value {
        match self.noun {
            // Who may not know its collection is not told it.
            "record" => json!({ "pattern": format!("^record(\\.[a-z][a-z0-9_]{{0,47}})?\\.{}$", self.verb) }),
            _ => json!({ "const": self.name }),
        }
    }

    fn example(&self, object: &Map<String, Value>, shape: Shape) -> Option<Value> {
        let request = RequestId::from_bytes([0; 16]);
        let change = Change {
            id: ChangeId::from_bytes([0; 16]),
            owner: OwnerId::LARDER,
            resource: self.resource,
            noun: self.noun.to_owned(),
            verb: Verb::Created,
            at: Timestamp::from_second(1_800_000_000).ok()?,
            source: Source::of(None, request),
            before: None,
            after: Some(object.clone().into()),
        };
        let one = |name: &str| vec![name.to_owned()];
        let changed = match self.verb {
            "updated" => one(["title", "name", "content", "data", "display_name", "tone"]
                .into_iter()
                .find(|name| object.contains_key(*name))?),
            "completed" | "paused" | "revoked" => one("status"),
            "rotated" => one("key"),
            "test" => Vec::new(),
            _ => change.fields(),
        };
        let is_gone = self.verb == "deleted";
        let told = Told {
            event: self.name.replace('*', "books"),
            object: object.clone(),
            sequence: change.sequence().map(|sequence| sequence + u64::from(is_gone)),
            link: link(self.noun, object).filter(|_| !is_gone),
            source: (self.name != TEST).then_some(None),
            changed,
            test: self.name == TEST,
        };
        serde_json::from_str(&Payload::body(change.at, &told, shape).ok()?).ok()
    }
}
