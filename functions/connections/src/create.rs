//! A new connection: the record, and the secrets that are shown this once.

use axum::extract::State;
use axum::response::Response;
use domain::connection::{Connection, Face, Kind, NewConnection, Status, View, WebhookConfig};
use domain::delivery::SigningSecret;
use domain::id::{ConnectionId, OwnerId};
use domain::key::GenuineKey;
use domain::keyring::Purpose;
use domain::limits::Limits;
use domain::seal;
use domain::shelf::Shelf;
use domain::table::{Expect, Write};
use http::{StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use web::{Answer, App, Keep, Owner, Problem, Repeatable};

/// The only answer that ever holds a secret.
#[derive(Serialize)]
struct Created<'a> {
    connection: View<'a>,
    key: &'a str,
    /// What webhooks are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<&'a str>,
}

pub(crate) async fn create(
    State(app): State<App>,
    owner: Owner,
    Repeatable(new, once): Repeatable<NewConnection>,
) -> Result<Response, Problem> {
    once.run(&app, *owner, None, |keep| make(&app, *owner, new, keep)).await
}

async fn make(app: &App, owner: OwnerId, new: NewConnection, keep: Keep<'_>) -> Result<Answer, Problem> {
    let now = app.clock.now();
    let id = ConnectionId::new(now, app.entropy.bytes());
    let key = GenuineKey::issue(owner, id, app.entropy.bytes());
    let grant = new.checked_grant()?;
    let (face, secret) = face(app, owner, id, new.kind, new.config.unwrap_or_default()).await?;
    let key_text = key.text(app.keys.signing_or_make(app.op()).await?);
    let connection = Connection {
        id,
        name: new.name,
        face,
        status: Status::Active,
        grant,
        limits: Limits::default(),
        expires_at: None,
        activity_days: 30,
        key_hash: key.hash(),
        old_keys: Vec::new(),
        revoked_at: None,
        created_at: now,
        updated_at: now,
        version: 0,
    };
    let (connection, put) = Shelf::new(&*app.table, owner).put(connection, Expect::Absent)?;
    let created = Created {
        connection: connection.view()?,
        key: key_text.expose_secret(),
        signing_secret: secret.as_ref().map(SecretString::expose_secret),
    };
    let answer = Answer::json(StatusCode::CREATED, &created)?;
    let answer = answer.with(header::LOCATION, format!("/connections/{id}"));
    let writes = [Write::Put(put)].into_iter().chain(keep.answer(&answer)?);
    app.table.transact(writes.collect(), app.op()).await?;
    Ok(answer)
}

async fn face(
    app: &App,
    owner: OwnerId,
    id: ConnectionId,
    kind: Kind,
    config: Map<String, Value>,
) -> Result<(Face, Option<SecretString>), Problem> {
    let face = match kind {
        Kind::Webhook => return webhook(app, owner, id, config).await,
        Kind::Mcp => Face::Mcp,
        Kind::Api => Face::Api,
        Kind::Sdk => Face::Sdk,
    };
    if let Some(field) = config.keys().next() {
        return Err(Problem::invalid(
            format!("/config/{field}"),
            "this kind of connection has no such setting",
        ));
    }
    Ok((face, None))
}

async fn webhook(
    app: &App,
    owner: OwnerId,
    id: ConnectionId,
    config: Map<String, Value>,
) -> Result<(Face, Option<SecretString>), Problem> {
    let config: WebhookConfig = web::fit(Value::Object(config), "/config")?;
    let secret = SigningSecret::from_bytes(app.entropy.bytes::<32>());
    let data_key = app.keys.find_or_make(owner, Purpose::Webhook, app.op()).await?;
    let sealed = seal::seal(&data_key, &id.to_string(), app.entropy.bytes(), secret.as_bytes())?;
    Ok((Face::Webhook { config, secret: sealed }, Some(secret.text())))
}
