//! What one route does, in words and types. What may go wrong follows from its parameters.

mod document;

use super::schemas::SchemaOf;
use domain::access::{Action, Resource};
use http::Method;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use std::borrow::Cow;

pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    pub id: Cow<'static, str>,
    summary: &'static str,
    needs: Option<(Resource, Action)>,
    at: Vec<SchemaOf>,
    queries: Vec<SchemaOf>,
    takes: Option<SchemaOf>,
    /// A body, fit to be sent.
    pub example: Option<Value>,
    answers: Vec<Reply>,
    is_tagged: bool,
    is_versioned: bool,
    is_conditional: bool,
    is_repeatable: bool,
    is_told_once: bool,
    /// What is read, in which form and how much of it one likes.
    wanted: Option<SchemaOf>,
    is_linked: bool,
    is_preferring: bool,
    may_wait: bool,
    refuses: Vec<u16>,
}

/// What most is told in.
const JSON: &str = "application/json";

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
            needs: None,
            at: Vec::new(),
            queries: Vec::new(),
            takes: None,
            example: None,
            answers: Vec::new(),
            is_tagged: false,
            is_versioned: false,
            is_conditional: false,
            is_repeatable: false,
            is_told_once: false,
            wanted: None,
            is_linked: false,
            is_preferring: false,
            may_wait: false,
            refuses: Vec::new(),
        }
    }

    /// What a connection needs for it. Where nothing is said, it tells of what the connection may read.
    pub fn needs(self, what: &domain::operation::Operation) -> Self {
        let may_wait = what.action != Action::Read;
        Self { needs: Some((what.resource, what.action)), may_wait, ..self }
    }

    /// What the path names, from left to right.
    pub fn at<T: JsonSchema>(mut self) -> Self {
        self.at.push(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Parameters, besides those that it has already.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.queries.push(SchemaGenerator::subschema_for::<T>);
        self
    }

    pub fn takes<T: JsonSchema>(self, example: Value) -> Self {
        Self { takes: Some(SchemaGenerator::subschema_for::<T>), example: Some(example), ..self }
    }

    pub fn answers<T: JsonSchema>(self, status: u16, example: Value) -> Self {
        self.reply::<T>(status, JSON, Some(example))
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

    /// `If-Match` and `If-None-Match` guard it.
    pub fn conditional(self) -> Self {
        Self { is_conditional: true, ..self.versioned() }
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

    /// In the form that `Accept` or the connection's setting says.
    pub fn in_all_forms(self) -> Self {
        let told = |reply: &Reply| reply.content.as_ref().is_some_and(|content| content.media == JSON);
        let statuses: Vec<_> =
            self.answers.iter().filter(|reply| told(reply)).map(|reply| reply.status).collect();
        let further =
            statuses.into_iter().flat_map(|status| ["text/csv", "application/xml"].map(|it| (status, it)));
        further.fold(self, |it, (status, media)| it.reply::<String>(status, media, None)).refuses(406)
    }

    /// The same, with the fields that are asked for.
    pub fn read_as_wanted<T: JsonSchema>(self) -> Self {
        Self { wanted: Some(SchemaGenerator::subschema_for::<T>), ..self.in_all_forms() }
    }

    /// A header leads to the next page.
    pub fn linked(self) -> Self {
        Self { is_linked: true, ..self }
    }

    /// A caller may do without what it wrote.
    pub fn preferring(self) -> Self {
        Self { is_preferring: true, ..self }
    }

    /// It may write, so that its owner may be asked first.
    pub fn may_wait(self) -> Self {
        Self { may_wait: true, ..self }
    }

    /// A refusal that its parameters do not tell of.
    pub fn refuses(mut self, status: u16) -> Self {
        self.refuses.push(status);
        self
    }

    /// What it answers when all is well: its schema and an example.
    pub(super) fn told(&self) -> Option<(SchemaOf, &Value)> {
        let content = self.answers.iter().find(|reply| reply.status == 200)?.content.as_ref()?;
        Some((content.schema, content.example.as_ref()?))
    }

    fn reply<T: JsonSchema>(mut self, status: u16, media: &'static str, example: Option<Value>) -> Self {
        let content = Content { media, schema: SchemaGenerator::subschema_for::<T>, example };
        self.answers.push(Reply { status, content: Some(content) });
        self
    }
}
