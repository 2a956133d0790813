//! Writes down what an owner did and no write of a row tells.

use crate::app::App;
use crate::edge::Arrival;
use crate::peer::Peer;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use domain::audit::{Actor, Entry, Outcome};
use domain::id::{AuditId, OwnerId};
use domain::ledger::Note;
use http::request::Parts;

pub struct Witness {
    app: App,
    arrival: Arrival,
    peer: Option<Peer>,
}

impl Witness {
    /// `owner.signed_in`, …
    pub async fn saw(&self, owner: OwnerId, action: &str) {
        let at = self.arrival.at;
        let entry = Entry {
            id: AuditId::new(at, self.app.entropy.bytes()),
            at,
            actor: Actor::Owner,
            action: action.to_owned(),
            result: Outcome::Done,
            connection: None,
            target: None,
            fields: Vec::new(),
            reason: None,
            request: Some(self.arrival.request),
            from: self.peer.map(Peer::anonymised),
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
