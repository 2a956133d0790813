//! For how long the audit log is kept.

use axum::Json;
use axum::extract::State;
use domain::audit::{Actor, Days, Entry, Outcome, Settings};
use domain::shelf::Writer;
use domain::table::{Expect, Put, Write};
use domain::{Error, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use web::{App, Body, ByOwner, Owner, Problem};

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AuditSettingsPatch")]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    audit_days: Days,
}

pub(crate) async fn read(State(app): State<App>, owner: Owner) -> Result<Json<Settings>, Problem> {
    let row = app.table.get(&schema::settings(*owner)).await?;
    Ok(Json(Settings::of(row.as_ref())?))
}

/// Holds for what is sealed from now on. That it was changed is itself an entry, of the same transaction.
pub(crate) async fn change(
    State(app): State<App>,
    owner: Owner,
    ByOwner(writer): ByOwner,
    Body(Patch { audit_days }): Body<Patch>,
) -> Result<Json<Settings>, Problem> {
    let key = schema::settings(*owner);
    let row = app.table.get(&key).await?;
    let (before, after) = (Settings::of(row.as_ref())?, Settings { audit_days });
    if before == after {
        return Ok(Json(after));
    }
    let body = serde_json::to_string(&after).map_err(Error::internal)?;
    let expect = row.map_or(Expect::Absent, |row| Expect::Version(row.version));
    let settings = Put::new(key, body, expect);
    let (key, body) = entry(&app, &writer, before).noted(*owner)?;
    let noted = Put::new(key, body, Expect::Absent);
    app.table.transact(vec![Write::Put(settings), Write::Put(noted)], writer.op).await?;
    Ok(Json(after))
}

fn entry(app: &App, writer: &Writer, before: Settings) -> Entry {
    Entry {
        fields: vec!["audit_days".to_owned()],
        reason: Some(format!("it was {} before", u16::from(before.audit_days))),
        request: Some(writer.source.request),
        ..Entry::new(writer.at, app.entropy.bytes(), Actor::Owner, "settings.updated", Outcome::Done)
    }
}
