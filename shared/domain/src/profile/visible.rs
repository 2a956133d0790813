//! What of a profile connections may know.

use crate::access::{Hidden, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! visible {
    ($($field:ident),*) => {
        /// A field that is `false` here is hidden from every connection.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        #[schemars(inline)]
        pub struct Visible {
            $(#[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<bool>,)*
        }

        impl Visible {
            pub fn hidden(&self) -> Hidden {
                let said = [$((self.$field, stringify!($field)),)*];
                let hidden = said.into_iter().filter(|(visible, _)| *visible == Some(false));
                Hidden::of(Resource::Profile, hidden.map(|(_, name)| name))
            }

            /// What this does not say is as it was.
            pub fn over(self, before: Self) -> Self {
                Self { $($field: self.$field.or(before.$field),)* }
            }
        }

        #[cfg(test)]
        const FIELDS: &[&str] = &[$(stringify!($field),)*];
    };
}

visible!(display_name, pronouns, time_zone, locale, week_start, work_hours, about);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile;

    #[test]
    fn whatever_the_owner_says_can_be_hidden() {
        let stamps = ["visible_to_agents", "created_at", "created_by", "updated_at", "source"];
        let said: Vec<_> = profile::FIELDS.iter().filter(|name| !stamps.contains(name)).collect();
        assert_eq!(said, FIELDS.iter().collect::<Vec<_>>());
    }
}
