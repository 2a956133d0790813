//! A connection: what one agent, app or script was given.

use crate::access::{Grant, Preset, Resource, decide};
use crate::change::EventFilter;
use crate::error::Refusal;
use crate::id::{ConnectionId, OwnerId};
use crate::key::{GenuineKey, KeyHash};
use crate::limits::Limits;
use crate::seal::Sealed;
use crate::shelf::Entity;
use crate::table::{Query, RowKey};
use crate::text::{List, Text};
use crate::{Error, Result, schema};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use url::Url;

/// The record, as stored. Callers see `View`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub name: Name,
    pub face: Face,
    pub status: Status,
    pub grant: Grant,
    #[serde(default)]
    pub limits: Limits,
    /// From then on it is refused; none: it lives until it is revoked.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// For how many days each of its calls is kept.
    #[serde(default = "thirty")]
    pub activity_days: u16,
    pub key_hash: KeyHash,
    /// Keys that were replaced and live on for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_keys: Vec<OldKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OldKey {
    pub hash: KeyHash,
    pub until: Timestamp,
}

fn thirty() -> u16 {
    30
}

pub type Name = Text<1, 100>;

/// The kind of connection, with what only that kind has.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Face {
    Mcp,
    Api,
    Webhook { config: WebhookConfig, secret: Sealed },
    Sdk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Mcp,
    Api,
    Webhook,
    Sdk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Active,
    Inactive,
    Revoked,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    pub target_url: Target,
    /// Which events to send; all of them if none is named.
    #[serde(default)]
    pub events: List<EventFilter, 50>,
}

/// Where a webhook goes: an absolute http(s) URL without a user name, password or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target(Url);

/// What an owner gives to make a connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    pub kind: Kind,
    pub name: Name,
    pub preset: Option<Preset>,
    pub grant: Option<Grant>,
    #[serde(default)]
    pub config: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What anybody may see of a connection: no hash, no secret.
#[derive(Debug, Serialize)]
pub struct View<'a> {
    pub id: ConnectionId,
    pub kind: Kind,
    pub name: &'a Name,
    pub status: Status,
    pub grant: &'a Grant,
    pub config: serde_json::Value,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

impl NewConnection {
    /// Read-only unless the owner says otherwise.
    pub fn checked_grant(&self) -> Result<Grant> {
        match (self.preset, &self.grant) {
            (Some(_), Some(_)) => Err(Error::invalid("/grant", "give either `preset` or `grant`, not both")),
            (None, Some(grant)) if grant.0.len() > Resource::ALL.len() => {
                Err(Error::invalid("/grant", "more rules than there are resources"))
            }
            (None, Some(grant)) => Ok(grant.clone()),
            (preset, None) => Ok(preset.unwrap_or(Preset::ReadOnly).grant()),
        }
    }
}

impl Connection {
    pub fn kind(&self) -> Kind {
        match self.face {
            Face::Mcp => Kind::Mcp,
            Face::Api => Kind::Api,
            Face::Webhook { .. } => Kind::Webhook,
            Face::Sdk => Kind::Sdk,
        }
    }

    /// Whether this key may call at all, now. What it may do, its grant says.
    pub fn admit(&self, key: &GenuineKey, now: Timestamp) -> Result<()> {
        let refuse = |refusal| Err(Error::Unauthenticated(refusal));
        // The tag is right, so it was issued here: a key that matches none was replaced by a newer one.
        let holds = |old: &OldKey| old.hash.matches(key) && now < old.until;
        if !self.key_hash.matches(key) && !self.old_keys.iter().any(holds) {
            return refuse(Refusal::Replaced);
        }
        match (self.status, self.expires_at) {
            (Status::Revoked, _) => refuse(Refusal::Revoked(self.revoked_at.unwrap_or(self.updated_at))),
            (_, Some(at)) if at <= now => refuse(Refusal::Expired(at)),
            (Status::Inactive, _) => refuse(Refusal::Paused),
            (Status::Active, _) => Ok(()),
        }
    }

    /// The webhook that is to be told of an event, if this is one and its grant lets it read the resource.
    pub fn wants(&self, event: &str, resource: Resource) -> Option<(&WebhookConfig, &Sealed)> {
        let Face::Webhook { config, secret } = &self.face else { return None };
        let named = config.events.is_empty() || config.events.iter().any(|filter| filter.matches(event));
        let allowed = decide(&self.grant, crate::access::Action::Read, resource).is_ok();
        (self.status == Status::Active && named && allowed).then_some((config, secret))
    }

    pub fn view(&self) -> Result<View<'_>> {
        let config = match &self.face {
            Face::Webhook { config, .. } => serde_json::to_value(config).map_err(Error::internal)?,
            Face::Mcp | Face::Api | Face::Sdk => serde_json::json!({}),
        };
        Ok(View {
            id: self.id,
            kind: self.kind(),
            name: &self.name,
            status: self.status,
            grant: &self.grant,
            config,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mcp => "mcp",
            Self::Api => "api",
            Self::Webhook => "webhook",
            Self::Sdk => "sdk",
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Revoked => "revoked",
        })
    }
}

impl Target {
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() > 2_000 {
            return Err("at most 2,000 characters".to_owned());
        }
        let url = Url::parse(&text).map_err(|error| format!("not a URL: {error}"))?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err("an http or https URL is expected".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("a user name, password or fragment is not allowed".to_owned());
        }
        Ok(Self(url))
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.0.into()
    }
}

impl Entity for Connection {
    type Id = ConnectionId;
    const NAME: &'static str = "connection";

    fn key(owner: OwnerId, id: ConnectionId) -> RowKey {
        schema::connection(owner, id)
    }
    fn all(owner: OwnerId) -> Query {
        schema::connections(owner)
    }
    fn id(&self) -> ConnectionId {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn set_version(&mut self, version: u64) {
        self.version = version;
    }
}
