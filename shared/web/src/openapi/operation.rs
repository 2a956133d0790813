//! What one route does, in words and types. What may go wrong follows from its parameters.

use super::schemas::{SchemaOf, Schemas};
use super::{problems, security};
use crate::routes::{Access, Route};
use http::Method;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    pub id: Cow<'static, str>,
    summary: &'static str,
    at: Option<SchemaOf>,
    query: Option<SchemaOf>,
    takes: Option<SchemaOf>,
    /// A body, fit to be sent.
    pub example: Option<Value>,
    answers: Vec<Reply>,
    is_tagged: bool,
    is_versioned: bool,
    is_repeatable: bool,
    is_told_once: bool,
    is_read_as_wanted: bool,
    is_linked: bool,
    is_preferring: bool,
    refuses: Vec<u16>,
}

struct Reply {
    status: u16,
    content: Option<Content>,
}

struct Content {
    media: &'static str,
    schema: SchemaOf,
    example: Option<Value>,
}

impl Operation {
    pub fn new(
        method: Method,
        path: &'static str,
        id: impl Into<Cow<'static, str>>,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id: id.into(),
            summary,
            at: None,
            query: None,
            takes: None,
            example: None,
            answers: Vec::new(),
            is_tagged: false,
            is_versioned: false,
            is_repeatable: false,
            is_told_once: false,
            is_read_as_wanted: false,
            is_linked: false,
            is_preferring: false,
            refuses: Vec::new(),
        }
    }

    /// The id in the path.
    pub fn at<T: JsonSchema>(self) -> Self {
        Self { at: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    pub fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    pub fn takes<T: JsonSchema>(self, example: Value) -> Self {
        Self { takes: Some(SchemaGenerator::subschema_for::<T>), example: Some(example), ..self }
    }

    pub fn answers<T: JsonSchema>(self, status: u16, example: Value) -> Self {
        self.reply::<T>(status, "application/json", Some(example))
    }

    /// An answer that is not JSON.
    pub fn sends(self, media: &'static str) -> Self {
        self.reply::<String>(200, media, None)
    }

    pub fn answers_nothing(mut self) -> Self {
        self.answers.push(Reply { status: 204, content: None });
        self
    }

    /// Its answer tells the version, as an `ETag`.
    pub fn tagged(self) -> Self {
        Self { is_tagged: true, ..self }
    }

    /// `If-Match` guards it.
    pub fn versioned(self) -> Self {
        Self { is_versioned: true, ..self }
    }

    /// An `Idempotency-Key` makes it safe to send again.
    pub fn repeatable(self) -> Self {
        Self { is_repeatable: true, ..self }
    }

    /// What the caller has already is not sent again.
    pub fn told_once(mut self) -> Self {
        self.answers.push(Reply { status: 304, content: None });
        Self { is_told_once: true, ..self }
    }

    /// In the form that `Accept` or the connection's setting says, and with the fields that are asked for.
    pub fn read_as_wanted(self) -> Self {
        let all = self.sends("text/csv").sends("application/xml");
        Self { is_read_as_wanted: true, ..all }
    }

    /// A header leads to the next page.
    pub fn linked(self) -> Self {
        Self { is_linked: true, ..self }
    }

    /// A caller may do without what it wrote.
    pub fn preferring(self) -> Self {
        Self { is_preferring: true, ..self }
    }

    /// A refusal that its parameters do not tell of.
    pub fn refuses(mut self, status: u16) -> Self {
        self.refuses.push(status);
        self
    }

    fn reply<T: JsonSchema>(mut self, status: u16, media: &'static str, example: Option<Value>) -> Self {
        let content = Content { media, schema: SchemaGenerator::subschema_for::<T>, example };
        self.answers.push(Reply { status, content: Some(content) });
        self
    }

    pub(super) fn document(&self, route: &Route, schemas: &mut Schemas) -> Value {
        let mut said = json!({
            "operationId": &*self.id,
            "summary": self.summary,
            "security": security(route.access),
            "responses": self.responses(route.access, schemas),
        });
        let parameters = self.parameters(schemas);
        if !parameters.is_empty() {
            said["parameters"] = parameters.into();
        }
        if let Some(takes) = self.takes {
            let content = json!({ "schema": schemas.read(takes), "example": self.example });
            said["requestBody"] = json!({ "required": true, "content": { "application/json": content } });
        }
        said
    }

    fn parameters(&self, schemas: &mut Schemas) -> Vec<Value> {
        let mut all = Vec::new();
        if let Some(at) = self.at {
            let name = self.path.split(['{', '}']).nth(1).unwrap_or("id");
            all.push(json!({ "name": name, "in": "path", "required": true, "schema": schemas.read(at) }));
        }
        all.extend(self.query.into_iter().flat_map(|query| schemas.parameters(query)));
        let headers = [
            (self.is_versioned, "IfMatch"),
            (self.is_repeatable, "IdempotencyKey"),
            (self.is_told_once, "IfNoneMatch"),
            (self.is_read_as_wanted, "Fields"),
            (self.is_preferring, "Prefer"),
        ];
        for (sent, name) in headers {
            all.extend(sent.then(|| json!({ "$ref": format!("#/components/parameters/{name}") })));
        }
        all
    }

    fn responses(&self, access: Access, schemas: &mut Schemas) -> Value {
        let mut all = Map::new();
        for reply in &self.answers {
            let mut said = json!({ "description": description(reply.status) });
            let headers = self.headers(reply.status);
            if !headers.is_empty() {
                said["headers"] = headers.into();
            }
            if let Some(Content { media, schema, example }) = &reply.content {
                said["content"][media]["schema"] = schemas.written(*schema);
                if let Some(example) = example {
                    said["content"][media]["example"] = example.clone();
                }
            }
            match all.get_mut(&reply.status.to_string()) {
                // The same status in another form.
                Some(Value::Object(same)) => merge(same, said),
                _ => drop(all.insert(reply.status.to_string(), said)),
            }
        }
        for (status, name, _) in problems::ALL.iter().filter(|(status, ..)| self.may(*status, access)) {
            all.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
        all.into()
    }

    fn headers(&self, status: u16) -> Map<String, Value> {
        let all = [
            (self.is_told_once, "ETag", "Of this very answer, for `If-None-Match`"),
            (self.is_tagged, "ETag", "The version, for `If-Match`"),
            (status == 201, "Location", "Where it lies"),
            (self.is_read_as_wanted, "Vary", "`Accept`"),
            (self.is_linked, "Link", "Where the next page lies, as `rel=\"next\"`; absent on the last one"),
            (self.is_preferring, "Preference-Applied", "`return=minimal` if nothing but this was told"),
            (self.is_repeatable, "Idempotency-Replayed", "`true` if the call was sent before"),
        ];
        let all = all.into_iter().filter(|(sent, ..)| *sent);
        let text = |description| json!({ "description": description, "schema": { "type": "string" } });
        all.map(|(_, name, description)| (name.to_owned(), text(description))).collect()
    }

    /// Whether it may be refused so.
    fn may(&self, status: u16, access: Access) -> bool {
        let by_parameters = match status {
            400 => self.at.or(self.query).or(self.takes).is_some() || self.is_versioned || self.is_repeatable,
            401 | 403 | 429 | 500 | 503 => access != Access::Public,
            404 => self.at.is_some(),
            406 => self.is_read_as_wanted,
            409 => self.is_repeatable || self.is_versioned,
            412 => self.is_versioned,
            413 | 415 => self.takes.is_some(),
            _ => false,
        };
        by_parameters || self.refuses.contains(&status)
    }
}

fn description(status: u16) -> &'static str {
    match status {
        201 => "Made",
        204 => "Done; there is nothing to tell",
        304 => "The same as before",
        _ => "Done",
    }
}

fn merge(into: &mut Map<String, Value>, more: Value) {
    let content = |said: &Value| said.get("content").and_then(Value::as_object).cloned();
    if let (Some(Value::Object(all)), Some(more)) = (into.get_mut("content"), content(&more)) {
        all.extend(more);
    }
}
