//! How the owner wants to be dealt with. There are one owner's, once.

mod rules;

use crate::access::{Item, Resource, Subject, TimeOfDay};
use crate::id::{LifeAreaId, Me};
use crate::noun::noun;
use crate::number::Whole;
use crate::operation;
use crate::text::{List, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

noun! {
    /// How the owner wants to be dealt with: agents go by it, Larder itself does nothing by it. A field that has fields of
    /// its own is given whole.
    Preferences, NewPreferences, PreferencesPatch: Me, "preferences", operation::PREFERENCES;
    required {}
    defaulted {
        tone: Tone,
        /// What to tell them unasked.
        notifications: Notifications,
        /// What models beside the one that asks may be given of their data.
        ai: Ai,
        /// What to remember.
        memory: Remembering,
    }
    optional {
        /// The life area that agents name when they make something that is not said to belong to another.
        default_life_area_id: LifeAreaId,
        /// How much work they take on for a day.
        daily_capacity_minutes: Whole<0, 1440>,
        /// When they plan their day.
        planning_time: TimeOfDay,
    }
    derived {}
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Tone {
    #[default]
    Friendly,
    Coach,
    Minimal,
    Professional,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Notifications {
    /// Of what is due.
    pub reminders: bool,
    pub daily_summary: bool,
    /// When not to disturb them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
}

/// From 22:00 to 07:00 means the night.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct QuietHours {
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Ai {
    /// Whether data may be sent to the AI providers whose keys the owner keeps.
    pub allow_provider: bool,
    /// Which of them first.
    pub provider_order: List<Text<1, 60>, 10>,
    /// Whether a client may be asked to let its own model answer.
    pub allow_sampling: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Remembering {
    pub auto_save: AutoSave,
    /// For how long agents remember what they were not told to: they give it an `expires_at`. For ever if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<Whole<1, 36_500>>,
}

/// Whether agents remember what they hear without being told to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AutoSave {
    #[default]
    Ask,
    Always,
    Never,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { reminders: true, daily_summary: false, quiet_hours: None }
    }
}

impl Item for Preferences {
    const RESOURCE: Resource = Resource::Preferences;
    const FREE_TEXT: &'static [&'static str] = &[];

    fn subject(&self) -> Subject<'_> {
        Subject { created_by: self.created_by, ..Subject::default() }
    }
}
