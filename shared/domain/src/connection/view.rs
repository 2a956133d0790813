//! What an owner may see of a connection: no hash, no secret.

use super::{Connection, Description, Disabled, Kind, Name, SigningView, Slug, Status, Tags};
use crate::access::{Actions, Grant};
use crate::activity::Seen;
use crate::consent::Consent;
use crate::id::{ConnectionId, OwnerId};
use crate::limits::Limits;
use crate::{Error, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub struct View<'a> {
    pub id: ConnectionId,
    pub kind: Kind,
    pub name: &'a Name,
    pub slug: &'a Slug,
    pub description: Option<&'a Description>,
    pub tags: &'a Tags,
    pub status: Status,
    pub grant: &'a Grant,
    pub limits: Limits,
    #[schemars(schema_with = "super::face::any_config")]
    pub config: serde_json::Value,
    pub expires_at: Option<Timestamp>,
    pub activity_days: u16,
    pub key: KeyView<'a>,
    /// How a webhook signs; only of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing: Option<SigningView<'a>>,
    /// The apps that the owner let in through it.
    pub apps: Vec<AppView<'a>>,
    pub created_by: Option<OwnerId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// Why Larder paused it, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    pub version: u64,
    /// Where it was looked up: to the minute; null if it was not used yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Option<Timestamp>>,
    /// From where, anonymised: an IPv4 /24 or an IPv6 /48.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_from: Option<Option<&'a str>>,
}

/// What is left to see of a key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct KeyView<'a> {
    /// Its last characters.
    pub ends_with: &'a str,
    pub created_at: Timestamp,
    /// Until when replaced keys live on.
    pub replaced_until: Option<Timestamp>,
}

/// An app that was let in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct AppView<'a> {
    /// What it calls itself.
    pub app: &'a str,
    /// Where its owner was sent back to.
    pub host: &'a str,
    /// The most that it may do, whatever the grant allows.
    pub actions: Actions,
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Connection {
    pub fn view(&self) -> Result<View<'_>> {
        Ok(View {
            id: self.id,
            kind: self.face.kind(),
            name: &self.name,
            slug: &self.slug,
            description: self.description.as_ref(),
            tags: &self.tags,
            status: self.status,
            grant: &self.grant,
            limits: self.limits,
            config: self.face.config().map_err(Error::internal)?,
            expires_at: self.expires_at,
            activity_days: self.activity_days,
            key: KeyView {
                ends_with: &self.key_ends_with,
                created_at: self.key_created_at.unwrap_or(self.created_at),
                replaced_until: self.old_keys.iter().map(|old| old.until).max(),
            },
            signing: self.face.secrets().map(|secrets| secrets.view(self)),
            apps: self.consents().iter().map(AppView::of).collect(),
            created_by: self.created_by,
            created_at: self.created_at,
            updated_at: self.updated_at,
            revoked_at: self.revoked_at,
            disabled: self.disabled,
            version: self.version,
            last_used_at: None,
            last_used_from: None,
        })
    }
}

impl<'a> AppView<'a> {
    fn of(consent: &'a Consent) -> Self {
        let Consent { to, actions, since, until, .. } = consent;
        Self { app: &to.app, host: &to.host, actions: *actions, since: *since, until: *until }
    }
}

impl<'a> View<'a> {
    pub fn last_used(self, seen: Option<&'a Seen>) -> Self {
        let (at, from) = (seen.map(|seen| seen.at), seen.and_then(|seen| seen.from.as_deref()));
        Self { last_used_at: Some(at), last_used_from: Some(from), ..self }
    }
}
