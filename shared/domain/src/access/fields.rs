//! Field masks: which fields of an item a rule covers. A field that is not covered is absent, everywhere.

use crate::text::{List, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

type FieldName = Text<1, 60>;
type Names = List<FieldName, 50>;

/// Either the fields that are covered or those that are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Both", into = "Both")]
#[schemars(inline)]
pub enum Fields {
    Allow(Names),
    Deny(Names),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
struct Both {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allow: Option<Names>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deny: Option<Names>,
}

/// Without these nothing could be addressed or changed safely, so no mask hides them.
pub const ALWAYS: [&str; 2] = ["id", "version"];

impl Fields {
    pub fn cover(&self, field: &str) -> bool {
        let named = |names: &Names| names.iter().any(|name| name.as_str() == field);
        ALWAYS.contains(&field)
            || match self {
                Self::Allow(names) => named(names),
                Self::Deny(names) => !named(names),
            }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (Self::Allow(names) | Self::Deny(names)) = self;
        names.iter().map(FieldName::as_str)
    }
}

impl TryFrom<Both> for Fields {
    type Error = &'static str;

    fn try_from(both: Both) -> Result<Self, &'static str> {
        match (both.allow, both.deny) {
            (Some(names), None) => Ok(Self::Allow(names)),
            (None, Some(names)) => Ok(Self::Deny(names)),
            _ => Err("give either `allow` or `deny`"),
        }
    }
}

impl From<Fields> for Both {
    fn from(fields: Fields) -> Self {
        match fields {
            Fields::Allow(names) => Self { allow: Some(names), deny: None },
            Fields::Deny(names) => Self { allow: None, deny: Some(names) },
        }
    }
}
