//! A connection: what one agent, app or script was given.

mod admit;
mod chosen;
mod consents;
mod face;
pub mod gate;
mod input;
mod opening;
mod secrets;
mod slug;
mod view;
mod webhook;

pub use face::{ApiConfig, AskIn, Config, Face, Format, KeyIn, Kind, Language, McpConfig, SdkConfig};
pub use input::{ConnectionPatch, NewConnection, Settings};
pub use secrets::{NewSecret, Secrets, SigningView, ToSign};
pub use slug::Slug;
pub use view::{AppView, KeyView, View};
pub use webhook::{Payload, RetryPolicy, Signature, Target, WebhookConfig};

use crate::access::{Action, Actions, Ask, Grant, Resource, Scope, Tag, decide};
use crate::consent::Consent;
use crate::error::Denial;
use crate::id::{ConnectionId, OwnerId};
use crate::key::KeyHash;
use crate::limits::Limits;
use crate::operation::Operation;
use crate::shelf::{Entity, Source, Writer};
use crate::table::{Query, RowKey};
use crate::text::{List, Text};
use crate::{Error, Result, schema};
use consents::Narrowed;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The record, as stored. Callers see `View`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub name: Name,
    #[serde(default)]
    pub slug: Slug,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub tags: Tags,
    pub face: Face,
    pub status: Status,
    pub grant: Grant,
    #[serde(default)]
    pub limits: Limits,
    /// From then on it is refused; none: it lives until it is revoked.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// For how many days each of its calls is kept.
    #[serde(default = "activity_days")]
    pub activity_days: u16,
    pub key_hash: KeyHash,
    #[serde(default)]
    pub key_ends_with: String,
    #[serde(default)]
    pub key_created_at: Option<Timestamp>,
    /// Keys that were replaced and live on for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_keys: Vec<OldKey>,
    /// The apps that were let in, each with a key of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    consents: Vec<Consent>,
    /// Set for the length of a call.
    #[serde(skip)]
    narrowed: Option<Narrowed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Why Larder paused it; until it is resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub created_by: Option<OwnerId>,
    pub updated_at: Timestamp,
    /// Who wrote it last, in which call.
    #[serde(default)]
    pub source: Option<Source>,
    pub version: u64,
}

/// Whoever rotates more often ends the oldest.
const MOST_OLD_KEYS: usize = 5;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OldKey {
    pub hash: KeyHash,
    pub until: Timestamp,
}

/// For how many days a call is kept, unless the owner says otherwise.
pub(crate) const fn activity_days() -> u16 {
    30
}

pub type Name = Text<1, 100>;
pub type Description = Text<0, 1000>;
pub type Tags = List<Tag, 20>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    Active,
    Inactive,
    Revoked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Disabled {
    pub at: Timestamp,
    pub reason: Reason,
}

/// `failing`: every try failed, for five days. `gone`: its receiver answered 410.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Reason {
    Failing,
    Gone,
}

/// What a webhook is told with.
#[derive(Debug, Clone, Copy)]
pub struct Hook<'a> {
    pub config: &'a WebhookConfig,
    pub secrets: &'a Secrets,
}

/// For how long what is for a webhook that ended is parked: its owner may move the end.
const AWAITED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A key as it is stored: its hash, and what its owner recognises it by.
#[derive(Debug)]
pub struct NewKey {
    pub hash: KeyHash,
    pub ends_with: String,
}

impl Connection {
    pub fn new(
        id: ConnectionId,
        owner: OwnerId,
        settings: Settings,
        face: Face,
        key: NewKey,
        by: &Writer,
    ) -> Self {
        let kind = face.kind();
        Self {
            id,
            slug: settings.slug.unwrap_or_else(|| Slug::of(settings.name.as_str(), kind.name())),
            name: settings.name,
            description: settings.description,
            tags: settings.tags,
            face,
            status: Status::Active,
            grant: settings.grant,
            limits: settings.limits,
            expires_at: settings.expires_at,
            activity_days: settings.activity_days,
            key_hash: key.hash,
            key_ends_with: key.ends_with,
            key_created_at: Some(by.at),
            old_keys: Vec::new(),
            consents: Vec::new(),
            narrowed: None,
            revoked_at: None,
            disabled: None,
            created_at: by.at,
            created_by: Some(owner),
            updated_at: by.at,
            source: Some(by.source),
            version: 0,
        }
    }

    /// With what its owner decided anew; `None` if that is for another kind.
    pub fn with(&self, settings: Settings) -> Option<Self> {
        Some(Self {
            face: self.face.with(settings.config)?,
            name: settings.name,
            slug: settings.slug.unwrap_or_else(|| self.slug.clone()),
            description: settings.description,
            tags: settings.tags,
            grant: settings.grant,
            limits: settings.limits,
            expires_at: settings.expires_at,
            activity_days: settings.activity_days,
            ..self.clone()
        })
    }

    /// But for who wrote it when.
    pub fn says_the_same_as(&self, other: &Self) -> Result<bool> {
        let said = |one: &Self| {
            let one = Self { updated_at: self.updated_at, source: None, ..one.clone() };
            serde_json::to_string(&one).map_err(Error::internal)
        };
        Ok(said(self)? == said(other)?)
    }

    /// A new key; those before live on until then at most.
    pub fn rotate(&mut self, key: NewKey, until: Timestamp, now: Timestamp) {
        let hash = std::mem::replace(&mut self.key_hash, key.hash);
        if self.old_keys.len() == MOST_OLD_KEYS {
            self.old_keys.remove(0);
        }
        self.old_keys.push(OldKey { hash, until });
        for old in &mut self.old_keys {
            old.until = old.until.min(until);
        }
        self.old_keys.retain(|old| now < old.until);
        (self.key_ends_with, self.key_created_at) = (key.ends_with, Some(now));
    }

    /// Whether it may do this now, by whatever name and on whatever face.
    pub fn allows(&self, operation: &Operation, at: Timestamp) -> Result<Scope<'_>> {
        let Operation { tool, action, resource, .. } = *operation;
        let needs = operation.needs().filter(|one| self.offers(tool) && self.offers(one.tool));
        let may = needs.map(|one| self.decide(one.action, one.resource, at)).reduce(Result::or);
        may.unwrap_or(Err(Error::Denied { action, resource, why: Denial::Tool }))
    }

    /// What its grant allows now.
    pub fn decide(&self, action: Action, resource: Resource, at: Timestamp) -> Result<Scope<'_>> {
        let ask = Ask { by: self.id, action, resource, at };
        decide(&self.grant, ask).map_err(|error| match &self.narrowed {
            Some(Narrowed { to, from }) if decide(from, ask).is_ok() => {
                Error::Denied { action, resource, why: Denial::Scope(to.with(Actions::of(action))) }
            }
            _ => error,
        })
    }

    /// A webhook for which there is something to be told: now, or once it is resumed.
    pub fn hook(&self, now: Timestamp) -> Option<Hook<'_>> {
        let Face::Webhook { config, secrets } = &self.face else { return None };
        let comes_back = self.expires_at.is_none_or(|end| now.duration_since(end) < AWAITED);
        (self.status != Status::Revoked && comes_back).then_some(Hook { config, secrets })
    }

    /// Whether it is one that may be told things now.
    pub fn listens(&self, now: Timestamp) -> bool {
        self.hook(now).is_some() && self.lives(now).is_ok()
    }

    /// Whether it is offered this tool, of those that its grant allows.
    fn offers(&self, tool: &str) -> bool {
        match &self.face {
            Face::Mcp { config } => config.offers(tool),
            _ => true,
        }
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
