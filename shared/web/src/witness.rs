//! Writes down what an owner did and no write of a row tells.

use crate::app::App;
use crate::edge::Arrival;
use crate::owner::SignedIn;
use crate::peer::Peer;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use domain::audit::{Actor, Entry, Outcome};
use domain::id::OwnerId;
use domain::ledger::Note;
use http::request::Parts;

pub struct Witness {
    app: App,
    arrival: Arrival,
    peer: Option<Peer>,
}

impl Witness {
    pub(crate) fn of(app: &App, parts: &Parts) -> domain::Result<Self> {
        let (arrival, peer) = (Arrival::of(parts)?.clone(), parts.extensions.get::<Peer>().copied());
        Ok(Self { app: app.clone(), arrival, peer })
    }

    pub async fn saw(&self, owner: OwnerId, entry: Entry) {
        self.app.ledger.note(owner, Note::Audit(entry)).await;
    }

    /// Noted once, however often and by whichever way it is seen: by the page that signs in, or by the first call.
    pub async fn signed_in(&self, SignedIn { owner, name, .. }: &SignedIn) {
        let (name, entry) = (name.clone(), Box::new(self.entry("owner.signed_in", Outcome::Done)));
        self.app.ledger.note(*owner, Note::SignedIn { name, entry }).await;
    }

    /// `owner.signed_out`, …
    pub fn entry(&self, action: &str, result: Outcome) -> Entry {
        Entry {
            request: Some(self.arrival.request),
            from: self.peer.map(Peer::anonymised),
            ..Entry::new(self.arrival.at, self.app.entropy.bytes(), Actor::Owner, action, result)
        }
    }
}

impl FromRequestParts<App> for Witness {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self::of(app, parts)?)
    }
}
