//! Keys: issued here, shown once, and replaced.

use crate::edit::Edit;
use domain::audit::{Entry, Outcome};
use domain::connection::{Connection, NewKey, View};
use domain::id::{ConnectionId, OwnerId};
use domain::key::GenuineKey;
use domain::number::Whole;
use http::StatusCode;
use jiff::SignedDuration;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use web::{Answer, Answered, App, Body, Keep, Problem, Repeatable, Witness};

/// A new key: what is shown, and what is stored of it.
pub(crate) struct Issued {
    pub(crate) text: SecretString,
    key: GenuineKey,
}

impl Issued {
    pub(crate) async fn new(app: &App, owner: OwnerId, id: ConnectionId) -> Result<Self, Problem> {
        let key = GenuineKey::issue(owner, id, app.entropy.bytes());
        let text = key.text(app.keys.signing_or_make(app.op()).await?);
        Ok(Self { text, key })
    }

    pub(crate) fn stored(&self) -> NewKey {
        let text = self.text.expose_secret();
        let ends_with = text.get(text.len() - 4..).unwrap_or_default().to_owned();
        NewKey { hash: self.key.hash(), ends_with }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotate {
    /// For how many hours the key before lives on beside the new one, 0 to 24.
    #[serde(default)]
    overlap_hours: Whole<0, 24>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Rotated<'a> {
    connection: View<'a>,
    key: &'a str,
}

/// The new key is shown in this answer only; the one before ends at once, unless an overlap is asked for.
pub(crate) async fn rotate(
    edit: Edit,
    witness: Witness,
    Repeatable(Body(Rotate { overlap_hours }), once): Repeatable<Body<Rotate>>,
) -> Result<Answered, Problem> {
    let Edit { app, owner, by, id, .. } = &edit;
    let until = by.at + SignedDuration::from_hours(overlap_hours.get());
    let rotate = async |keep: Keep<'_>| {
        let key = Issued::new(app, *owner, *id).await?;
        let change = |connection: &mut Connection| {
            connection.rotate(key.stored(), until, by.at);
            Ok(())
        };
        let told = |connection: &Connection| {
            let rotated = Rotated { connection: connection.view()?, key: key.text.expose_secret() };
            Answer::json(StatusCode::OK, &rotated)
        };
        edit.rotate(keep, change, told).await
    };
    let answered = once.run(app, *owner, rotate).await?;
    shown(&witness, *owner, Some(*id), &answered).await;
    Ok(answered)
}

/// A key is shown once, and again to whoever sends the call again: that is written down, the first is told anyway.
pub(crate) async fn shown(witness: &Witness, owner: OwnerId, id: Option<ConnectionId>, answered: &Answered) {
    if answered.again {
        let entry = witness.entry("connection.key_shown_again", Outcome::Done);
        let target = id.map(|id| id.to_string());
        witness.saw(owner, Entry { connection: id, target, ..entry }).await;
    }
}
