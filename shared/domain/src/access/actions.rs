//! A set of actions, small enough to be copied and compared in one step.

use super::Action;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<Action>", into = "Vec<Action>")]
#[schemars(inline, extend("minItems" = 1))]
pub struct Actions(u8);

impl Actions {
    pub const fn of(action: Action) -> Self {
        Self(1 << action as u8)
    }

    pub const fn contains(self, action: Action) -> bool {
        self.0 & Self::of(action).0 != 0
    }

    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Bits that stand for nothing are dropped.
    pub fn from_bits(bits: u8) -> Self {
        Action::ALL.into_iter().filter(|action| bits & Self::of(*action).0 != 0).collect()
    }

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn shared_with(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.contains(*action))
    }
}

impl FromIterator<Action> for Actions {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(actions.into_iter().fold(0, |all, action| all | Self::of(action).0))
    }
}

impl<const N: usize> From<[Action; N]> for Actions {
    fn from(actions: [Action; N]) -> Self {
        actions.into_iter().collect()
    }
}

impl From<Vec<Action>> for Actions {
    fn from(actions: Vec<Action>) -> Self {
        actions.into_iter().collect()
    }
}

impl From<Actions> for Vec<Action> {
    fn from(actions: Actions) -> Self {
        actions.iter().collect()
    }
}
