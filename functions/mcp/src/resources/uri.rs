//! Where a URI leads.

use super::{APPROVAL, AREAS, DAILY, GOAL, Kind, MEMORY, PROFILE, RECORD, TODAY};
use domain::collection::CollectionName;
use domain::filter::Day;
use domain::id::{ApprovalId, GoalId, MemoryId, OwnerId, RecordId};

#[derive(Debug, Clone)]
pub(super) enum Address {
    Profile,
    Today,
    Daily(Day),
    Goal(GoalId),
    LifeAreas,
    Memory(MemoryId),
    Record(CollectionName, RecordId),
    Approval(ApprovalId),
}

/// What a URI says behind its scheme; the second is what plans and agents called it first.
pub(super) fn place(uri: &str) -> Option<&str> {
    uri.strip_prefix("larder://").or_else(|| uri.strip_prefix("selfos://"))
}

impl Address {
    /// `None` if it cannot lead anywhere. Nothing in it is ever percent-encoded.
    pub(super) fn of(uri: &str, owner: OwnerId) -> Option<Self> {
        let mut steps: Vec<&str> = place(uri)?.split('/').collect();
        if let ["users", who, ..] = *steps
            && (who == "me" || who == owner.to_string())
        {
            steps.splice(..2, ["me"]);
        }
        Some(match *steps {
            ["me", "profile"] => Self::Profile,
            ["me", "today"] => Self::Today,
            ["me", "daily", date] => Self::Daily(date.parse().ok()?),
            ["me", "approvals", id] => Self::Approval(id.parse().ok()?),
            ["goals", id, "context"] => Self::Goal(id.parse().ok()?),
            ["life-areas"] => Self::LifeAreas,
            ["memories", id] => Self::Memory(id.parse().ok()?),
            ["collections", name, id] => Self::Record(name.parse().ok()?, id.parse().ok()?),
            _ => return None,
        })
    }

    pub(super) fn kind(&self) -> &'static Kind {
        match self {
            Self::Profile => &PROFILE,
            Self::Today => &TODAY,
            Self::Daily(_) => &DAILY,
            Self::Goal(_) => &GOAL,
            Self::LifeAreas => &AREAS,
            Self::Memory(_) => &MEMORY,
            Self::Record(..) => &RECORD,
            Self::Approval(_) => &APPROVAL,
        }
    }
}
