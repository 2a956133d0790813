//! What a page about a webhook shows and does: no more than routes do.

use crate::deliveries::{self, HealthView, Nothing, Since, Wanted, health_of};
use crate::edit::Edit;
use crate::{secret, status};
use axum::extract::{FromRequestParts, State};
use domain::Error;
use domain::connection::Connection;
use domain::delivery::Delivery;
use domain::id::{ConnectionId, EventId};
use domain::schema;
use http::request::Parts;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;
use web::{App, At, Body, ByOwner, Once, Owner, Problem, Repeatable, Under, Witness};

/// So many deliveries are shown.
const MOST: usize = 20;

/// What is given up is forgotten after so long.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 31);

/// A webhook, in the hands of its owner.
pub struct Webhook(Edit);

pub struct Look {
    pub connection: Connection,
    pub health: HealthView,
    /// Newest first.
    pub last: Vec<Delivery>,
}

#[derive(Deserialize)]
struct Shown {
    signing_secret: String,
}

impl FromRequestParts<App> for Webhook {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Edit::from_request_parts(parts, app).await.map(Self)
    }
}

impl Webhook {
    pub const fn id(&self) -> ConnectionId {
        self.0.id
    }

    pub async fn look(&self) -> Result<Look, Problem> {
        let Edit { app, owner, id, .. } = &self.0;
        let (connection, health) = health_of(app, *owner, *id).await?;
        let last = schema::deliveries(*owner, *id).newest_first().page(None, MOST);
        let last =
            app.table.query(&last).await?.rows.iter().map(Delivery::read).collect::<Result<_, Error>>()?;
        Ok(Look { connection, health, last })
    }

    pub async fn pause(self) -> Result<(), Problem> {
        status::pause(self.0).await.map(drop)
    }

    pub async fn resume(self) -> Result<(), Problem> {
        status::resume(self.0).await.map(drop)
    }

    pub async fn test(self) -> Result<(), Problem> {
        let Edit { app, owner, by, id, .. } = self.0;
        let test = deliveries::test(State(app), Owner(owner), ByOwner(by), At(id), given(Wanted::default()));
        test.await.map(drop)
    }

    pub async fn send_again(self, event: EventId) -> Result<(), Problem> {
        let Edit { app, owner, by, id, .. } = self.0;
        let (owner, by) = (Owner(owner), ByOwner(by));
        deliveries::again(State(app), owner, by, Under(id), At(event), given(Nothing {})).await.map(drop)
    }

    /// All that was given up.
    pub async fn send_failed(self) -> Result<(), Problem> {
        let Edit { app, owner, by, id, .. } = self.0;
        let since = Since { since: by.at - KEPT };
        deliveries::since(State(app), Owner(owner), ByOwner(by), At(id), given(since)).await.map(drop)
    }

    /// The new one; that of before signs for a day besides.
    pub async fn rotate(self, witness: Witness) -> Result<SecretString, Problem> {
        let rotated = secret::rotate(self.0, witness, given(secret::for_a_day())).await?;
        let (_, shown) = rotated.answer.into_json()?;
        let Shown { signing_secret } = serde_json::from_str(shown.get()).map_err(Problem::internal)?;
        Ok(signing_secret.into())
    }
}

fn given<T>(body: T) -> Repeatable<Body<T>> {
    Repeatable(Body(body), Once::never())
}
