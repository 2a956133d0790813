//! Where a webhook goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// An absolute http(s) URL without a user name, password or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("format" = "uri", "maxLength" = 2_000))]
pub struct Target(Url);

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
