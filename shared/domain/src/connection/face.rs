//! The four kinds of connection, each with what only that kind has.

use super::secrets::Secrets;
use super::webhook::WebhookConfig;
use crate::operation;
use crate::text::List;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The kind of a connection and its settings, as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Face {
    Mcp {
        #[serde(default)]
        config: McpConfig,
    },
    Api {
        #[serde(default)]
        config: ApiConfig,
    },
    Webhook {
        config: WebhookConfig,
        #[serde(flatten)]
        secrets: Box<Secrets>,
    },
    Sdk {
        #[serde(default)]
        config: SdkConfig,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Kind {
    Mcp,
    Api,
    Webhook,
    Sdk,
}

/// What the owner chose for one kind, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Config {
    Mcp(McpConfig),
    Api(ApiConfig),
    Webhook(WebhookConfig),
    Sdk(SdkConfig),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct McpConfig {
    /// Which tools it is offered, of those that its grant allows; all of them if this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_enabled: Option<List<Tool, 100>>,
    /// Which integrations it may use; there are none yet.
    pub integrations: List<Integration, 50>,
    /// Where it is asked about what its grant asks about.
    pub ask_in: AskIn,
}

/// `client`: through the client, if it can ask the person who uses it. Whoever has the key can answer there, so who
/// does not trust an agent with that decides in the `dashboard`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AskIn {
    #[default]
    Client,
    Dashboard,
}

/// The name of a tool that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline)]
pub struct Tool(String);

/// The name of an integration of the owner's. As long as none can be made, none is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline)]
pub struct Integration(String);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiConfig {
    pub response_format: Format,
    pub key_in: KeyIn,
}

/// In which form answers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Format {
    #[default]
    Json,
    Csv,
    Xml,
}

/// How the key is sent. Only with `query` it is taken from the address (as `api_key`); headers always work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum KeyIn {
    #[default]
    Bearer,
    Header,
    Query,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SdkConfig {
    /// For which languages clients are made; all of them if none is named.
    pub languages: List<Language, 4>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Language {
    Python,
    Typescript,
    Rust,
    Go,
}

/// The settings of a connection whose kind is not known here.
pub(super) fn any_config(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        generator.subschema_for::<McpConfig>(),
        generator.subschema_for::<ApiConfig>(),
        generator.subschema_for::<WebhookConfig>(),
        generator.subschema_for::<SdkConfig>(),
    ] })
}

impl Face {
    /// Addresses end up in logs and histories, so that only who asked for it sends a key in one.
    pub fn takes_key_from_address(&self) -> bool {
        matches!(self, Self::Api { config } if config.key_in == KeyIn::Query)
    }

    /// Whether its client may be asked about what it does. A program that is given a key for something else never is.
    pub fn asks_in_client(&self) -> bool {
        matches!(self, Self::Mcp { config } if config.ask_in == AskIn::Client)
    }

    /// In which form answers are written, unless a call asks for another one.
    pub const fn response_format(&self) -> Format {
        match self {
            Self::Api { config } => config.response_format,
            _ => Format::Json,
        }
    }

    pub const fn kind(&self) -> Kind {
        match self {
            Self::Mcp { .. } => Kind::Mcp,
            Self::Api { .. } => Kind::Api,
            Self::Webhook { .. } => Kind::Webhook,
            Self::Sdk { .. } => Kind::Sdk,
        }
    }

    /// What the owner chose.
    pub fn choices(&self) -> Config {
        match self {
            Self::Mcp { config } => Config::Mcp(config.clone()),
            Self::Api { config } => Config::Api(config.clone()),
            Self::Webhook { config, .. } => Config::Webhook(config.clone()),
            Self::Sdk { config } => Config::Sdk(config.clone()),
        }
    }

    /// The same, as its owner sees it.
    pub fn config(&self) -> serde_json::Result<Value> {
        match self {
            Self::Mcp { config } => serde_json::to_value(config),
            Self::Api { config } => serde_json::to_value(config),
            Self::Webhook { config, .. } => serde_json::to_value(config),
            Self::Sdk { config } => serde_json::to_value(config),
        }
    }

    /// The same kind with other settings; a webhook keeps its secrets. `None` if the kind is another one.
    pub fn with(&self, config: Config) -> Option<Self> {
        Some(match (self, config) {
            (Self::Mcp { .. }, Config::Mcp(config)) => Self::Mcp { config },
            (Self::Api { .. }, Config::Api(config)) => Self::Api { config },
            (Self::Webhook { secrets, .. }, Config::Webhook(config)) => {
                Self::Webhook { config, secrets: secrets.clone() }
            }
            (Self::Sdk { .. }, Config::Sdk(config)) => Self::Sdk { config },
            _ => return None,
        })
    }
}

impl Config {
    pub fn offers(&self, tool: &str) -> bool {
        match self {
            Self::Mcp(config) => config.offers(tool),
            _ => true,
        }
    }

    /// Only webhooks are told.
    pub fn asks_for(&self, event: &str) -> bool {
        match self {
            Self::Webhook(config) => config.asks_for(event),
            _ => false,
        }
    }
}

impl McpConfig {
    pub fn offers(&self, tool: &str) -> bool {
        self.tools_enabled.as_ref().is_none_or(|tools| tools.iter().any(|Tool(name)| name == tool))
    }
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Mcp, Self::Api, Self::Webhook, Self::Sdk];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Api => "api",
            Self::Webhook => "webhook",
            Self::Sdk => "sdk",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for Tool {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let tools = || operation::all().filter(|operation| operation.is_tool());
        if tools().any(|operation| operation.tool == name) {
            return Ok(Self(name));
        }
        let all: Vec<_> = tools().map(|operation| operation.tool).collect();
        Err(format!("there is no tool `{name}`; there are {}", all.join(", ")))
    }
}

impl TryFrom<String> for Integration {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Err(format!("there is no integration `{name}`"))
    }
}
