//! What is wrong with a grant that an owner writes: what cannot be meant, is refused before it is stored.

use super::fields::ALWAYS;
use super::{Action, Fields, Grant, Only, Resource, Rule, When};
use crate::{Error, Result};

/// A decision keeps one bit for each rule.
pub const MOST_RULES: usize = 50;

pub fn checked(grant: &Grant) -> Result<()> {
    let rules = &grant.0;
    if rules.len() > MOST_RULES {
        return Err(Error::invalid("/grant", format!("at most {MOST_RULES} rules, not {}", rules.len())));
    }
    for (at, rule) in rules.iter().enumerate() {
        let refuse = |(place, detail): (&str, String)| Error::invalid(format!("/grant/{at}{place}"), detail);
        rule.check().map_err(refuse)?;
        if let Some((by, action)) = overruled(rules, at) {
            let (resource, detail) = (rule.resource, "without these restrictions; remove one of the two");
            let detail = format!("rule {by} already allows {action} on {resource} {detail}");
            return Err(refuse(("", detail)));
        }
    }
    Ok(())
}

/// A rule whose restrictions have no effect, because another one allows the same without them.
fn overruled(rules: &[Rule], at: usize) -> Option<(usize, Action)> {
    let rule = rules.get(at)?;
    let others = rules.iter().enumerate().filter(|(other, _)| *other != at);
    others.filter(|(_, other)| other.resource == rule.resource).find_map(|(by, other)| {
        let repeats = other == rule && by < at;
        let unrestricted = other.fields.is_none() && other.only.is_none() && other.when.is_none();
        let mut shared = other.actions.shared_with(rule.actions).iter();
        let shared = shared.find(|action| !other.ask || *action == Action::Read || rule.ask)?;
        (repeats || unrestricted && by != at && (other != rule)).then_some((by, shared))
    })
}

type Fault = (&'static str, String);

impl Rule {
    fn check(&self) -> Result<(), Fault> {
        let fault = |place, detail: &str| Err((place, detail.to_owned()));
        if self.actions.is_empty() {
            return fault("/actions", "name at least one of read, write, delete");
        }
        let narrowed = self.fields.is_some() || self.only.is_some();
        if self.resource == Resource::Connections && (narrowed || self.actions != [Action::Read].into()) {
            return fault("", "of connections a webhook can only be told: `read`, without fields or filters");
        }
        if self.ask && self.actions == [Action::Read].into() {
            return fault("/ask", "reading asks nobody; leave `ask` away, or allow `write` or `delete`");
        }
        if let Some(fields) = &self.fields {
            self.check_fields(fields)?;
        }
        if let Some(only) = &self.only {
            self.check_only(only)?;
        }
        self.when.as_ref().map_or(Ok(()), check_when)
    }

    fn check_fields(&self, fields: &Fields) -> Result<(), Fault> {
        let fault = |detail: String| Err(("/fields", detail));
        let known = self.resource.fields();
        if fields.names().next().is_none() {
            return fault("name at least one field".to_owned());
        }
        for name in fields.names() {
            if ALWAYS.contains(&name) && matches!(fields, Fields::Deny(_)) {
                return fault(format!("`{name}` cannot be hidden"));
            }
            if !known.contains(&name) && !ALWAYS.contains(&name) {
                let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
                return fault(format!("{} have no field `{name}`; there are: {known}", self.resource));
            }
        }
        let missing = |needed: &&[&'static str]| needed.iter().find(|name| !fields.cover(name)).copied();
        let needed = self.resource.needed();
        let can = needed.is_empty() || needed.iter().any(|needed| missing(needed).is_none());
        match needed
            .iter()
            .find_map(missing)
            .filter(|_| !can)
            .filter(|_| self.actions.contains(Action::Write))
        {
            Some(name) => fault(format!("nothing can be written to {} without `{name}`", self.resource)),
            None => Ok(()),
        }
    }

    fn check_only(&self, only: &Only) -> Result<(), Fault> {
        use Resource::{Collections, Goals, Memories, Preferences, Profile, Tasks};
        let fault = |detail: String| Err(("/only", detail));
        if *only == Only::default() {
            return fault("name at least one of life_areas, tags, collections, own".to_owned());
        }
        let resource = self.resource;
        let has = |name: &str, given: bool, all: &[Resource]| {
            (given && !all.contains(&resource)).then(|| format!("{resource} have no {name} to filter by"))
        };
        let owned = !matches!(resource, Profile | Preferences);
        let wrong = has("life area", !only.life_areas.is_empty(), &[Goals, Tasks, Memories])
            .or_else(|| has("tags", !only.tags.is_empty(), &[Goals, Tasks, Memories, Collections]))
            .or_else(|| has("collection", !only.collections.is_empty(), &[Collections]))
            .or_else(|| (only.own && !owned).then(|| format!("there is only one {resource}, nobody's own")));
        wrong.map_or(Ok(()), fault)
    }
}

fn check_when(when: &When) -> Result<(), Fault> {
    let fault = |detail: &str| Err(("/when", detail.to_owned()));
    match when {
        When { not_before: None, not_after: None, hours: None } => {
            fault("name at least one of not_before, not_after, hours")
        }
        When { not_before: Some(start), not_after: Some(end), .. } if start >= end => {
            fault("`not_after` has to be later than `not_before`")
        }
        When { hours: Some(hours), .. } if hours.from == hours.to => {
            fault("`from` and `to` are the same; leave `hours` away for the whole day")
        }
        _ => Ok(()),
    }
}

impl Resource {
    /// The fields that a mask can name.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Profile => crate::profile::FIELDS,
            Self::Preferences => crate::preferences::FIELDS,
            Self::Tasks => crate::task::FIELDS,
            Self::Goals => crate::goal::FIELDS,
            Self::LifeAreas => crate::life_area::FIELDS,
            Self::Memories => crate::memory::FIELDS,
            Self::Collections => crate::collection::FIELDS_OF_BOTH,
            _ => &[],
        }
    }

    /// The fields without which none can be made, of each noun that it stands for.
    const fn needed(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Tasks => &[crate::task::NEEDED],
            Self::Goals => &[crate::goal::NEEDED],
            Self::LifeAreas => &[crate::life_area::NEEDED],
            Self::Memories => &[crate::memory::NEEDED],
            Self::Collections => &[crate::record::NEEDED, crate::collection::NEEDED],
            _ => &[],
        }
    }
}
