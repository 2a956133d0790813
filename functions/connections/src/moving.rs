//! Takes all of the owner's data out, page by page, and in, chunk by chunk: an owner moves between Larders, and a
//! backup comes back.

use axum::Json;
use axum::extract::State;
use domain::audit::{Entry, Outcome};
use domain::moving::{self, Chunk, Document, FORM, Importing, MOST_ITEMS, NOUNS, Place, Reader, Report};
use domain::noun::{Desk, Manner};
use domain::shelf::{Source, Writer};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use std::borrow::Cow;
use web::{App, Body, ByOwner, Owner, PageParams, Params, Problem, Witness, cursor};

/// What the cursor of an export is good for.
const LIST: &str = "export";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WantedPage")]
pub(crate) struct Wanted {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of the document, which is such a document itself.
pub(crate) struct Exported {
    at: Timestamp,
    page: moving::Page,
    next_cursor: Option<String>,
}

pub(crate) async fn export(
    State(app): State<App>,
    Owner(owner): Owner,
    witness: Witness,
    Params(Wanted { cursor: from }): Params<Wanted>,
) -> Result<Json<Exported>, Problem> {
    let place = PageParams { limit: None, cursor: from }.place(&app, owner, LIST).await?;
    let begins = place.is_none();
    let place: Option<Place> =
        place.map(|place| serde_json::from_str(&place)).transpose().map_err(Problem::internal)?;
    let page = moving::page(&*app.table, owner, &Reader::Owner, place).await?;
    if begins {
        witness.saw(owner, witness.entry("data.exported", Outcome::Done)).await;
    }
    let next = page.next.as_ref().map(serde_json::to_string).transpose().map_err(Problem::internal)?;
    let next_cursor = cursor(next.as_deref(), &app, owner, LIST).await?;
    Ok(Json(Exported { at: app.clock.now(), page, next_cursor }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct How {
    /// Overwrites what is there with other content, which stays otherwise.
    #[serde(default)]
    replace: bool,
    /// Says what it would do, and does nothing.
    #[serde(default)]
    dry_run: bool,
}

/// To be sent again, in whole or in part, changes nothing more.
pub(crate) async fn import(
    State(app): State<App>,
    Owner(owner): Owner,
    ByOwner(by): ByOwner,
    witness: Witness,
    Params(How { replace, dry_run }): Params<How>,
    Body(chunk): Body<Chunk>,
) -> Result<Json<Report>, Problem> {
    if chunk.count() > MOST_ITEMS {
        let detail = format!(
            "at most {MOST_ITEMS} items in one call, not {}; send the others in another",
            chunk.count()
        );
        return Err(Problem::invalid("", detail));
    }
    let writer = Writer { source: Source { imported_at: Some(by.at), ..by.source }, ..by };
    let desk = Desk { table: &*app.table, owner, writer, eyes: None, restores: false, along: &[] };
    let ops = || app.op();
    let importing = Importing { desk, manner: Manner { replace, dry_run }, ops: &ops };
    let report = importing.chunk(&chunk).await?;
    if report.counts.written() > 0 && !dry_run {
        let said = format!("{} made, {} changed", report.counts.made, report.counts.changed);
        let entry = witness.entry("data.imported", Outcome::Done);
        witness.saw(owner, Entry { reason: Some(said), ..entry }).await;
    }
    Ok(Json(report))
}

impl Serialize for Exported {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            document: Document<'a>,
            next_cursor: Option<&'a str>,
        }
        let document = Document { at: self.at, page: &self.page };
        Whole { document, next_cursor: self.next_cursor.as_deref() }.serialize(serializer)
    }
}

impl JsonSchema for Exported {
    fn schema_name() -> Cow<'static, str> {
        "Export".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({
            "type": "object",
            "properties": {
                "larder": { "const": FORM },
                "exported_at": { "type": "string", "format": "date-time" },
                "next_cursor": {
                    "type": ["string", "null"],
                    "description": "Where the next page starts; null on the last one.",
                },
            },
            "required": ["larder", "exported_at", "next_cursor"],
        });
        let lists = NOUNS.map(|noun| {
            let items = (noun.schema)(generator).to_value();
            (noun.name.to_owned(), json!({ "type": "array", "items": items }))
        });
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.extend(lists);
        }
        schema
    }
}
