//! What may be done only after a human has said so.

use super::{Action, Scope};

impl Scope<'_> {
    /// As much of it as nobody has to be asked about: the same decision by the rules that do not ask. `None` if there is
    /// nothing of that kind. Reading never asks.
    pub fn unasked(&self) -> Option<Self> {
        if self.ask.action == Action::Read {
            return Some(*self);
        }
        let free = self.bits().filter(|(_, rule)| !rule.ask).fold(0, |bits, (bit, _)| bits | 1 << bit);
        (free != 0).then_some(Self { rules: free, ..*self })
    }

    /// Some of what it covers is asked about.
    pub fn may_ask(&self) -> bool {
        self.ask.action != Action::Read && self.rules().any(|rule| rule.ask)
    }
}
