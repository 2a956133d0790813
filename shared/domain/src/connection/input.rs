//! What an owner gives to make or to change a connection, and what has to be right about it.

use super::chosen::Chosen;
use super::face::{ApiConfig, Config, Kind, McpConfig, SdkConfig};
use super::webhook::WebhookConfig;
use super::{Connection, Description, Name, Slug, Tags, activity_days};
use crate::access::{self, Action, Ask, Grant, Preset, Resource, decide};
use crate::fit::fit;
use crate::limits::{Limits, LimitsPatch};
use crate::number::Whole;
use crate::text::{List, present};
use crate::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How long a connection lives unless its owner says otherwise.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The whole of it: to make one, or to put in the place of one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    pub kind: Kind,
    pub name: Name,
    /// Derived from the name if it is absent.
    #[serde(default)]
    pub slug: Option<Slug>,
    #[serde(default)]
    pub description: Option<Description>,
    #[serde(default)]
    pub tags: Tags,
    /// Either this or `grant`; read-only if neither is given.
    #[serde(default)]
    pub preset: Option<Preset>,
    #[serde(default)]
    pub grant: Option<Grant>,
    #[serde(default)]
    pub limits: LimitsPatch,
    /// In 90 days if it is absent; never if it is null.
    #[serde(default, deserialize_with = "present")]
    pub expires_at: Option<Option<Timestamp>>,
    #[serde(default)]
    pub activity_days: Option<Days>,
    #[serde(default)]
    #[schemars(schema_with = "given_config")]
    pub config: Map<String, Value>,
}

/// Fields that are absent stay; `null` clears what may be missing. The settings in `config` are merged one by one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionPatch {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Name")]
    pub name: Option<Name>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Slug")]
    pub slug: Option<Slug>,
    #[serde(deserialize_with = "present")]
    pub description: Option<Option<Description>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Tags")]
    pub tags: Option<Tags>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Preset")]
    pub preset: Option<Preset>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Grant")]
    pub grant: Option<Grant>,
    pub limits: LimitsPatch,
    #[serde(deserialize_with = "present")]
    pub expires_at: Option<Option<Timestamp>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Days")]
    pub activity_days: Option<Days>,
    pub config: Map<String, Value>,
}

/// From 1 to 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Whole<1, 365>", into = "u16")]
#[schemars(inline, extend("minimum" = 1, "maximum" = 365))]
pub struct Days(u16);

/// Everything of a connection that its owner decides, checked as a whole.
#[derive(Debug, Clone)]
pub struct Settings {
    pub name: Name,
    pub slug: Option<Slug>,
    pub description: Option<Description>,
    pub tags: Tags,
    pub grant: Grant,
    pub limits: Limits,
    pub expires_at: Option<Timestamp>,
    pub activity_days: u16,
    pub config: Config,
}

impl NewConnection {
    pub fn checked(mut self, now: Timestamp) -> Result<Settings> {
        let chosen = Chosen::take(&mut self.config, self.preset, self.grant)?;
        let settings = Settings {
            name: self.name,
            slug: self.slug,
            description: self.description,
            tags: self.tags,
            grant: chosen.grant()?.unwrap_or_else(|| Preset::ReadOnly.grant()),
            limits: Limits::default().changed(self.limits),
            expires_at: checked_end(self.expires_at.unwrap_or(Some(now + LIFE)), now)?,
            activity_days: self.activity_days.map_or_else(activity_days, |Days(days)| days),
            config: Config::read(self.kind, self.config)?,
        };
        settings.agree(now)
    }
}

impl ConnectionPatch {
    pub fn checked(mut self, current: &Connection, now: Timestamp) -> Result<Settings> {
        let chosen = Chosen::take(&mut self.config, self.preset, self.grant)?;
        chosen.agree_with(&current.grant)?;
        let mut config = match current.face.config().map_err(Error::internal)? {
            Value::Object(config) => config,
            _ => Map::new(),
        };
        config.extend(self.config);
        let expires_at = match self.expires_at {
            Some(end) => checked_end(end, now)?,
            None => current.expires_at,
        };
        let settings = Settings {
            name: self.name.unwrap_or_else(|| current.name.clone()),
            slug: self.slug,
            description: self.description.unwrap_or_else(|| current.description.clone()),
            tags: self.tags.unwrap_or_else(|| current.tags.clone()),
            grant: chosen.grant()?.unwrap_or_else(|| current.grant.clone()),
            limits: current.limits.changed(self.limits),
            expires_at,
            activity_days: self.activity_days.map_or(current.activity_days, |Days(days)| days),
            config: Config::read(current.face.kind(), config)?,
        };
        settings.agree(now)
    }
}

impl Settings {
    /// That its parts do not contradict each other.
    fn agree(self, now: Timestamp) -> Result<Self> {
        if let Config::Webhook(webhook) = &self.config {
            let by = crate::id::ConnectionId::from_bytes([0; 16]);
            let may_read = |resource| {
                let names = |rule: &access::Rule| rule.resource == resource;
                let ask = Ask { by, action: Action::Read, resource, at: now };
                decide(&self.grant, ask).is_ok()
                    || self.grant.0.iter().any(|rule| names(rule) && rule.when.is_some())
            };
            if let Some((at, resource)) = webhook.unreadable_event(may_read) {
                let detail =
                    format!("its grant does not let it read {resource}; add that, or leave the event away");
                return Err(Error::invalid(format!("/config/events/{at}"), detail));
            }
        }
        Ok(self)
    }
}

/// The settings of any kind, each with what is taken from there into the grant.
fn given_config(generator: &mut SchemaGenerator) -> Schema {
    let chosen = [
        ("access_level", generator.subschema_for::<Preset>()),
        ("resources", generator.subschema_for::<List<Resource, 9>>()),
    ];
    let chosen = chosen.map(|(name, schema)| (name.to_owned(), schema.to_value()));
    let kinds =
        [McpConfig::json_schema, ApiConfig::json_schema, WebhookConfig::json_schema, SdkConfig::json_schema];
    let kinds = kinds.map(|kind| {
        let mut schema = kind(generator);
        if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            fields.extend(chosen.clone());
        }
        schema
    });
    json_schema!({ "anyOf": kinds })
}

impl Config {
    fn read(kind: Kind, config: Map<String, Value>) -> Result<Self> {
        let config = Value::Object(config);
        Ok(match kind {
            Kind::Mcp => Self::Mcp(fit::<McpConfig>(config, "/config")?),
            Kind::Api => Self::Api(fit::<ApiConfig>(config, "/config")?),
            Kind::Webhook => Self::Webhook(fit::<WebhookConfig>(config, "/config")?),
            Kind::Sdk => Self::Sdk(fit::<SdkConfig>(config, "/config")?),
        })
    }
}

fn checked_end(end: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>> {
    match end {
        Some(end) if end <= now => {
            Err(Error::invalid("/expires_at", "it is in the past; give a later moment, or null for never"))
        }
        end => Ok(end),
    }
}

impl From<Whole<1, 365>> for Days {
    fn from(days: Whole<1, 365>) -> Self {
        Self(days.get() as u16)
    }
}

impl From<Days> for u16 {
    fn from(days: Days) -> Self {
        days.0
    }
}
