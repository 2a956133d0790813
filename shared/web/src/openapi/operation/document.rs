//! What one route does, as OpenAPI says it.

use super::super::schemas::Schemas;
use super::super::{problems, security};
use super::{Content, Operation};
use crate::routes::{Access, Route};
use serde_json::{Map, Value, json};

impl Operation {
    pub(in super::super) fn document(&self, route: &Route, schemas: &mut Schemas) -> Value {
        let mut said = json!({
            "operationId": &*self.id,
            "summary": self.summary,
            "security": security(route.access, self.needs),
            "responses": self.responses(route.access, schemas),
        });
        let parameters = self.parameters(schemas);
        if !parameters.is_empty() {
            said["parameters"] = parameters.into();
        }
        if let Some(takes) = self.takes {
            let content =
                json!({ "schema": schemas.read_without(takes, self.names()), "example": self.example });
            said["requestBody"] = json!({ "required": true, "content": { "application/json": content } });
        }
        said
    }

    /// What the path names.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.path.split(['{', '}']).skip(1).step_by(2)
    }

    fn parameters(&self, schemas: &mut Schemas) -> Vec<Value> {
        let mut all = Vec::new();
        all.extend(self.names().zip(&self.at).map(
            |(name, at)| json!({ "name": name, "in": "path", "required": true, "schema": schemas.read(*at) }),
        ));
        all.extend(self.queries.iter().flat_map(|query| schemas.parameters(*query)));
        all.extend(self.wanted.map(|of| fields(schemas.fields(of))));
        let headers = [
            (self.is_versioned, "IfMatch"),
            (self.is_conditional, "IfNothing"),
            (self.is_repeatable, "IdempotencyKey"),
            (self.is_told_once, "IfNoneMatch"),
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
        if access == Access::Connection && self.may_wait {
            all.insert("202".to_owned(), json!({ "$ref": "#/components/responses/Waiting" }));
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
            (self.refuses.contains(&406), "Vary", "`Accept`"),
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
            400 => {
                let reads =
                    !self.at.is_empty() || !self.queries.is_empty() || self.takes.or(self.wanted).is_some();
                reads || self.is_versioned || self.is_repeatable
            }
            401 | 403 | 429 | 500 | 503 => access != Access::Public,
            404 => !self.at.is_empty(),
            409 => self.is_repeatable || self.is_versioned,
            412 => self.is_versioned,
            413 | 415 => self.takes.is_some(),
            _ => false,
        };
        by_parameters || self.refuses.contains(&status)
    }
}

fn fields(names: Vec<String>) -> Value {
    json!({
        "name": "fields",
        "in": "query",
        "description": "Only these fields of each item, by commas; `id` and `version` are always there.",
        "explode": false,
        "schema": { "type": "array", "items": { "enum": names }, "minItems": 1 },
    })
}

fn description(status: u16) -> &'static str {
    match status {
        201 => "Made",
        204 => "Done; there is nothing to tell",
        207 => "Done in part: each says what became of it",
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
