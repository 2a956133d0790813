//! The settings of a webhook.

use super::face::Face;
use crate::access::Resource;
use crate::change::EventFilter;
use crate::delivery::TEST;
use crate::number::Whole;
use crate::queue::MOST_RECEIVES;
use crate::text::List;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    pub target_url: Target,
    /// Which events to send; all that the grant lets it read, if none is named.
    #[serde(default)]
    pub events: List<EventFilter, 50>,
    #[serde(default)]
    pub payload: Payload,
    #[serde(default)]
    pub retry_policy: RetryPolicy,
    /// How many of the events that were parked are sent in a minute; as fast as they are taken if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_per_minute: Option<Whole<1, 6_000>>,
    #[serde(default)]
    pub signature: Signature,
}

/// Whether an event carries the object, or only says which one changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Payload {
    #[default]
    Thin,
    Full,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// How often a delivery is tried in all, at most: once, and once more after each wait.
    pub tries: Tries,
    /// How many seconds lie between two tries. If it is absent: 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<List<Whole<1, 86_400>, 11>>,
}

/// 75 hours in all.
const WAITS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// From 1 to what the queue hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Whole<1, { MOST_RECEIVES as i64 }>", into = "u32")]
#[schemars(inline, extend("minimum" = 1, "maximum" = MOST_RECEIVES))]
pub struct Tries(u32);

/// How a delivery is signed, in the words of Standard Webhooks: `v1` by HMAC-SHA256, with a secret that the receiver
/// knows; `v1a` by ed25519, whose public key the connection tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Signature {
    #[default]
    V1,
    V1a,
}

/// Where a webhook goes: an absolute http(s) URL without a user name, password or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("format" = "uri", "maxLength" = 2_000))]
pub struct Target(Url);

impl Face {
    /// The settings, if it is a webhook.
    pub const fn webhook(&self) -> Option<&WebhookConfig> {
        match self {
            Self::Webhook { config, .. } => Some(config),
            _ => None,
        }
    }
}

impl WebhookConfig {
    /// A test it is told in any case.
    pub fn asks_for(&self, event: &str) -> bool {
        let is_test = event == TEST;
        is_test || self.events.is_empty() || self.events.iter().any(|filter| filter.matches(event))
    }

    /// An event that no filter can mean while the grant does not let it be read.
    pub fn unreadable_event(&self, may_read: impl Fn(Resource) -> bool) -> Option<(usize, Resource)> {
        let named = self.events.iter().enumerate();
        let mut named = named.filter_map(|(at, filter)| Some((at, filter.resource()?)));
        named.find(|(_, resource)| !may_read(*resource))
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

impl RetryPolicy {
    /// How long to wait after the nth try failed, about; `None` if that was the last.
    pub fn wait(&self, tries: u32) -> Option<Duration> {
        let nth = tries.checked_sub(1).filter(|_| tries < self.tries.0)? as usize;
        let seconds = match &self.waits {
            Some(waits) => waits.as_slice().get(nth)?.get().unsigned_abs(),
            None => *WAITS.get(nth)?,
        };
        Some(Duration::from_secs(seconds))
    }
}

impl Default for Tries {
    fn default() -> Self {
        Self(WAITS.len() as u32 + 1)
    }
}

impl From<Whole<1, { MOST_RECEIVES as i64 }>> for Tries {
    fn from(tries: Whole<1, { MOST_RECEIVES as i64 }>) -> Self {
        Self(tries.get() as u32)
    }
}

impl From<Tries> for u32 {
    fn from(tries: Tries) -> Self {
        tries.0
    }
}
