//! Writes down what an owner did and no write of a row tells.

use crate::app::App;
use crate::edge::Arrival;
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
    /// `owner.signed_in`, …
    pub async fn saw(&self, owner: OwnerId, action: &str, result: Outcome) {
        let random = self.app.entropy.bytes();
        let entry = Entry {
            request: Some(self.arrival.request),
            from: self.peer.map(Peer::anonymised),
            ..Entry::new(self.arrival.at, random, Actor::Owner, action, result)
        };
        self.app.ledger.note(owner, Note::Audit(entry)).await;
    }
}

impl FromRequestParts<App> for Witness {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (arrival, peer) = (Arrival::of(parts)?.clone(), parts.extensions.get::<Peer>().copied());
        Ok(Self { app: app.clone(), arrival, peer })
    }
}
