//! The apps that an owner let in through a connection.

use super::{AskIn, Connection, Face};
use crate::access::{Action, Actions, Grant, Rule};
use crate::consent::{Consent, MOST_CONSENTS};
use crate::key::KeyHash;

/// What one token leaves of a grant; a connection as it is read for a call with it.
#[derive(Debug, Clone)]
pub(super) struct Narrowed {
    pub(super) to: Actions,
    pub(super) from: Grant,
}

impl Connection {
    /// As an access token for these actions may use it.
    #[must_use]
    pub fn narrowed(mut self, to: Actions) -> Self {
        let narrow = |rule: &Rule| Rule { actions: rule.actions.shared_with(to), ..rule.clone() };
        let grant = Grant(self.grant.0.iter().map(narrow).collect());
        self.narrowed = Some(Narrowed { to, from: std::mem::replace(&mut self.grant, grant) });
        self
    }

    pub fn consent(&mut self, consent: Consent) {
        self.consents.retain(|other| consent.since < other.until);
        if self.consents.len() == MOST_CONSENTS {
            self.consents.remove(0);
        }
        self.consents.push(consent);
    }

    /// Whether there was such a consent to be taken back.
    pub fn take_back(&mut self, family: &KeyHash) -> bool {
        let before = self.consents.len();
        self.consents.retain(|consent| !consent.hash.is(family));
        self.consents.len() < before
    }

    pub fn consents(&self) -> &[Consent] {
        &self.consents
    }

    /// As it is, but asking its owner, and nobody else, before each change.
    #[must_use]
    pub fn asking(mut self) -> Self {
        for rule in &mut self.grant.0 {
            rule.ask |= rule.actions != Actions::of(Action::Read);
        }
        if let Face::Mcp { config } = &mut self.face {
            config.ask_in = AskIn::Dashboard;
        }
        self
    }

    /// Everything that any of its rules allows.
    pub fn actions(&self) -> Actions {
        self.grant.0.iter().flat_map(|rule| rule.actions.iter()).collect()
    }
}
