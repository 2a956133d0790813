//! A new connection: the record, and the secrets that are shown this once.

use crate::key::{Issued, shown};
use crate::secret::IssuedSecret;
use axum::extract::State;
use domain::connection::{Config, Connection, Face, NewConnection, Secrets, View};
use domain::id::{ConnectionId, OwnerId};
use domain::shelf::Writer;
use domain::table::Write;
use domain::{Error, schema};
use http::{StatusCode, header};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use web::{Answer, Answered, App, Body, ByOwner, Keep, Owner, Problem, Repeatable, Witness};

/// The only answers that ever hold a secret are this one and those of rotations.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Created<'a> {
    connection: View<'a>,
    key: &'a str,
    /// What webhooks are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<&'a str>,
}

pub(crate) async fn create(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    witness: Witness,
    Repeatable(Body(new), once): Repeatable<Body<NewConnection>>,
) -> Result<Answered, Problem> {
    let answered = once.run(&app, *owner, async |keep| make(&app, *owner, by, new, keep).await).await?;
    let made = answered.location().and_then(|location| location.rsplit('/').next()?.parse().ok());
    shown(&witness, *owner, made, &answered).await;
    Ok(answered)
}

async fn make(
    app: &App,
    owner: OwnerId,
    by: Writer,
    new: NewConnection,
    keep: Keep<'_>,
) -> Result<Answer, Problem> {
    let slug_is_chosen = new.slug.is_some();
    let settings = new.checked(by.at)?;
    reachable(app, &settings.config)?;
    let id = ConnectionId::new(by.at, app.entropy.bytes());
    let (face, secret) = face(app, owner, id, settings.config.clone()).await?;
    let key = Issued::new(app, owner, id).await?;
    let connection = Connection::new(id, owner, settings, face, key.stored(), &by);
    let store = async |connection: Connection| {
        let (connection, writes) = connection.opening(&*app.table, owner)?;
        let created = Created {
            connection: connection.view()?,
            key: key.text.expose_secret(),
            signing_secret: secret.as_ref().map(SecretString::expose_secret),
        };
        let answer = Answer::json(StatusCode::CREATED, &created)?;
        let answer = answer.with(header::LOCATION, format!("/connections/{id}"));
        let writes = writes.into_iter().chain(keep.answer(&answer)?.map(Write::Put));
        app.table.transact(writes.collect(), app.op()).await?;
        Ok::<_, Problem>(answer)
    };
    match store(connection.clone()).await {
        Err(problem) if problem.status == StatusCode::CONFLICT => {
            if slug_is_chosen {
                return Err(slug_is_taken(app, owner, &connection).await?.unwrap_or(problem));
            }
            // The name is free to be used again; only the slug that comes of it has to be another one.
            store(connection.with_slug_of_its_own()).await
        }
        done => done,
    }
}

pub(crate) async fn slug_is_taken(
    app: &App,
    owner: OwnerId,
    connection: &Connection,
) -> Result<Option<Problem>, Error> {
    let taken = app.table.get(&schema::slug(owner, &connection.slug)).await?;
    Ok(taken.map(|_| {
        let detail = format!("Another connection has the slug `{}`; choose another one.", connection.slug);
        Problem::new(StatusCode::CONFLICT, "slug-taken", "The slug is taken", detail)
    }))
}

/// A webhook's target is refused at once if no delivery could ever reach it.
pub(crate) fn reachable(app: &App, config: &Config) -> Result<(), Problem> {
    let Config::Webhook(config) = config else { return Ok(()) };
    let reachable = app.reach.permits(config.target_url.url());
    reachable.map_err(|error| {
        let unless = "unless its host:port is named in `--outbound-allow` (on AWS: `OutboundAllow`)";
        Problem::invalid("/config/target_url", format!("{error}, {unless}"))
    })
}

async fn face(
    app: &App,
    owner: OwnerId,
    id: ConnectionId,
    config: Config,
) -> Result<(Face, Option<SecretString>), Problem> {
    Ok(match config {
        Config::Mcp(config) => (Face::Mcp { config }, None),
        Config::Api(config) => (Face::Api { config }, None),
        Config::Sdk(config) => (Face::Sdk { config }, None),
        Config::Webhook(config) => {
            let secret = IssuedSecret::new(app, owner, id).await?;
            (Face::Webhook { config, secrets: Box::new(Secrets::new(secret.stored)) }, Some(secret.text))
        }
    })
}
