//! Lists come in pages; the cursor is sealed, so that it tells nothing, and nobody can point it at another owner's
//! rows or other kinds.

use crate::app::App;
use crate::problem::Problem;
use domain::id::OwnerId;
use domain::seal::{self, Sealed};
use domain::signing::{Label, SigningKeys};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    /// How many, 1 to 100; 20 if it is absent.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Where the next page starts; null on the last one.
    pub next_cursor: Option<String>,
}

impl PageParams {
    pub fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(20) {
            limit @ 1..=100 => Ok(limit.into()),
            _ => Err(Problem::invalid("?limit", "a number from 1 to 100 is expected")),
        }
    }

    /// Where the page starts: what this owner was given for this list, or the beginning.
    pub async fn place(&self, app: &App, owner: OwnerId, list: &str) -> Result<Option<String>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let read = read(signing(app).await?, &scope(owner, list), cursor);
        read.map(Some)
            .ok_or_else(|| Problem::invalid("?cursor", "not a cursor of this list; start without one"))
    }
}

/// The cursor of the page of this list that starts behind this row.
pub async fn cursor(
    next: Option<&str>,
    app: &App,
    owner: OwnerId,
    list: &str,
) -> Result<Option<String>, Problem> {
    let Some(next) = next else { return Ok(None) };
    write(signing(app).await?, &scope(owner, list), next).map(Some)
}

async fn signing(app: &App) -> Result<&SigningKeys, Problem> {
    Ok(app.keys.signing_or_make(app.op()).await?)
}

fn scope(owner: OwnerId, list: &str) -> String {
    format!("{owner} {list} ")
}

/// The nonce comes of the text itself: the same place has the same cursor.
fn write(keys: &SigningKeys, scope: &str, sort: &str) -> Result<String, Problem> {
    let nonce = keys.tag(Label::Cursor, format!("{scope}{sort}").as_bytes());
    Ok(seal::seal(keys.cursor_seal(), scope, nonce, sort.as_bytes())?.text())
}

fn read(keys: &SigningKeys, scope: &str, cursor: &str) -> Option<String> {
    String::from_utf8(seal::open(keys.cursor_seal(), scope, &Sealed::parse(cursor)?).ok()?).ok()
}
