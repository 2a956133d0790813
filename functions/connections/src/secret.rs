//! What webhooks are signed with: issued here, shown once, and replaced.

use crate::edit::Edit;
use crate::key::shown;
use domain::Error;
use domain::connection::{Connection, NewSecret, View};
use domain::delivery::SigningSecret;
use domain::id::{ConnectionId, OwnerId};
use domain::keyring::Purpose;
use domain::number::Whole;
use domain::seal;
use http::StatusCode;
use jiff::SignedDuration;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use web::{Answer, Answered, App, Body, Keep, Problem, Repeatable, Witness};

/// A new secret: what is shown, and what is stored of it.
pub(crate) struct IssuedSecret {
    pub(crate) text: SecretString,
    pub(crate) stored: NewSecret,
}

impl IssuedSecret {
    pub(crate) async fn new(app: &App, owner: OwnerId, id: ConnectionId) -> Result<Self, Problem> {
        let secret = SigningSecret::new(app.entropy.bytes(), app.entropy.bytes());
        let data_key = app.keys.find_or_make(owner, Purpose::Webhook, app.op()).await?;
        let sealed = seal::seal(&data_key, &id.to_string(), app.entropy.bytes(), &secret.to_bytes())?;
        let stored = NewSecret { sealed, public_key: secret.public_key()? };
        Ok(Self { text: secret.text(), stored })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateSecret {
    /// For how many hours deliveries are signed with the secret before, too, 0 to 168.
    #[serde(default)]
    overlap_hours: Whole<0, 168>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RotatedSecret<'a> {
    connection: View<'a>,
    signing_secret: &'a str,
}

/// Time enough to give it to the receiver.
pub(crate) fn for_a_day() -> RotateSecret {
    RotateSecret { overlap_hours: Whole::near(24) }
}

/// The new secret is shown in this answer only; the one before ends at once, unless an overlap is asked for.
pub(crate) async fn rotate(
    edit: Edit,
    witness: Witness,
    Repeatable(Body(RotateSecret { overlap_hours }), once): Repeatable<Body<RotateSecret>>,
) -> Result<Answered, Problem> {
    let Edit { app, owner, by, id, .. } = &edit;
    let until = by.at + SignedDuration::from_hours(overlap_hours.get());
    let rotate = async |keep: Keep<'_>| {
        let IssuedSecret { text, stored } = IssuedSecret::new(app, *owner, *id).await?;
        let change = |connection: &mut Connection| {
            let secrets = connection.face.secrets_mut().ok_or_else(signs_nothing)?;
            secrets.rotate(stored, until, by.at);
            Ok(())
        };
        let told = |connection: &Connection| {
            let rotated =
                RotatedSecret { connection: connection.view()?, signing_secret: text.expose_secret() };
            Answer::json(StatusCode::OK, &rotated)
        };
        edit.rotate(keep, change, told).await
    };
    let answered = once.run(app, *owner, rotate).await?;
    shown(&witness, *owner, Some(*id), &answered).await;
    Ok(answered)
}

fn signs_nothing() -> Problem {
    let said = "only a connection of the kind webhook has a secret to sign with; rotate its key instead";
    Error::InTheWay(said.to_owned()).into()
}
