//! What a connection may do, in the words of its owner.

use crate::access::{self, Grant, Preset, Resource, Rule};
use crate::fit::fit;
use crate::text::List;
use crate::{Error, Result};
use serde_json::{Map, Value};

/// The ways to say what a connection may do, of which only one can be meant.
pub(super) struct Chosen {
    preset: Option<Preset>,
    grant: Option<Grant>,
    resources: Option<List<Resource, 9>>,
    /// It was said by `access_level` alone.
    level_only: bool,
}

impl Chosen {
    /// `access_level` and `resources` stand among the settings of a kind, but what they say is part of the grant.
    pub(super) fn take(
        config: &mut Map<String, Value>,
        preset: Option<Preset>,
        grant: Option<Grant>,
    ) -> Result<Self> {
        let level =
            config.remove("access_level").map(|level| fit(level, "/config/access_level")).transpose()?;
        let resources = config.remove("resources").map(|all| fit(all, "/config/resources")).transpose()?;
        match (preset, level) {
            (Some(preset), Some(level)) if preset != level => Err(Error::invalid(
                "/config/access_level",
                "it says something else than `preset`; give one of them",
            )),
            (preset, level) => {
                let level_only = preset.is_none() && level.is_some();
                Ok(Self { preset: preset.or(level), grant, resources, level_only })
            }
        }
    }

    /// What a kind's settings say of a grant is said of a usual one: rules that were written one by one are neither
    /// widened nor thrown away by it.
    pub(super) fn agree_with(&self, current: &Grant) -> Result<()> {
        let written = |rule: &Rule| *rule != Rule::whole(rule.resource, rule.actions);
        let refuse = |place: &str, detail: &str| Err(Error::invalid(format!("/config/{place}"), detail));
        if self.level_only && current.0.iter().any(written) {
            return refuse("access_level", "its grant was written rule by rule; give `grant` or `preset`");
        }
        if self.resources.is_some() && self.preset.is_none() && self.grant.is_none() {
            return refuse("resources", "say with `preset` or `access_level` what it may do with them");
        }
        Ok(())
    }

    /// `None` if nothing was said.
    pub(super) fn grant(self) -> Result<Option<Grant>> {
        match self {
            Self { grant: Some(_), preset: Some(_), .. } => {
                Err(Error::invalid("/grant", "give either `grant` or `preset` (or `access_level`), not both"))
            }
            Self { grant: Some(_), resources: Some(_), .. } => {
                Err(Error::invalid("/config/resources", "the grant already says which; give one of them"))
            }
            Self { grant: Some(grant), .. } => access::checked(&grant).map(|()| Some(grant)),
            Self { preset: None, resources: None, .. } => Ok(None),
            Self { preset, resources: None, .. } => Ok(preset.map(Preset::grant)),
            Self { preset, resources: Some(resources), .. } => {
                let mut grant = preset.unwrap_or(Preset::ReadOnly).grant();
                let named = |resource| resources.iter().any(|named| *named == resource);
                if resources.is_empty() || named(Resource::Connections) {
                    let detail = "name at least one kind of data";
                    return Err(Error::invalid("/config/resources", detail));
                }
                grant.0.retain(|rule| named(rule.resource));
                Ok(Some(grant))
            }
        }
    }
}
