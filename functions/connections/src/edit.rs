//! One change of a connection by its owner, with everything that goes with it in one transaction.

use crate::create::{reachable, slug_is_taken};
use axum::extract::FromRequestParts;
use axum::response::Response;
use domain::Error;
use domain::connection::{Connection, Settings, Status};
use domain::id::{ConnectionId, OwnerId};
use domain::shelf::{Shelf, Writer};
use domain::table::Write;
use http::StatusCode;
use http::request::Parts;
use web::{Answer, App, At, ByOwner, Expected, IfMatch, Keep, Owner, Problem, expect_version, tagged};

/// Which connection, who changes it, and the version that they have seen, if they say.
pub(crate) struct Edit {
    pub(crate) app: App,
    pub(crate) owner: OwnerId,
    pub(crate) by: Writer,
    pub(crate) id: ConnectionId,
    expected: Expected,
}

impl FromRequestParts<App> for Edit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Owner(owner) = Owner::from_request_parts(parts, app).await?;
        let ByOwner(by) = ByOwner::from_request_parts(parts, app).await?;
        let At(id) = At::from_request_parts(parts, app).await?;
        let IfMatch(expected) = IfMatch::from_request_parts(parts, app).await?;
        Ok(Self { app: app.clone(), owner, by, id, expected })
    }
}

impl Edit {
    /// The connection as it is, if that is what was expected.
    pub(crate) async fn found(&self) -> Result<Connection, Problem> {
        let connection = Shelf::<Connection>::new(&*self.app.table, self.owner).get(self.id).await?;
        expect_version(&self.expected, connection.version)?;
        Ok(connection)
    }

    pub(crate) async fn decide_anew(
        &self,
        decide: impl FnOnce(&Connection) -> Result<Settings, Error>,
    ) -> Result<Response, Problem> {
        self.answer(|connection| {
            let settings = decide(connection)?;
            reachable(&self.app, &settings.config)?;
            let other = || Problem::invalid("/kind", "a connection stays of its kind; make another one");
            *connection = connection.with(settings).ok_or_else(other)?;
            let older = "its secret is older than `v1a`; rotate the secret first";
            let can_sign = connection.face.can_sign();
            can_sign.then_some(()).ok_or_else(|| Problem::invalid("/config/signature", older))
        })
        .await
    }

    /// Makes a change and answers with the connection as it then is.
    pub(crate) async fn answer(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<(), Problem>,
    ) -> Result<Response, Problem> {
        let connection = self.make(change, |_| Ok(None)).await?;
        Ok(tagged(&connection.view()?, connection.version))
    }

    /// Replaces a secret, and answers with what is shown this once; it is kept beside the change for whoever sends the
    /// call again.
    pub(crate) async fn rotate(
        &self,
        keep: Keep<'_>,
        change: impl FnOnce(&mut Connection) -> Result<(), Problem>,
        told: impl FnOnce(&Connection) -> Result<Answer, Error>,
    ) -> Result<Answer, Problem> {
        let mut answer = None;
        self.make(change, |connection| {
            let made = told(connection)?;
            let kept = keep.answer(&made)?.map(Write::Put);
            answer = Some(made);
            Ok(kept)
        })
        .await?;
        answer.ok_or_else(|| Problem::internal("a rotation without an answer"))
    }

    /// `also` may add one more write, which knows the connection as it will be. What changes nothing is not written.
    pub(crate) async fn make(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<(), Problem>,
        also: impl FnOnce(&Connection) -> Result<Option<Write>, Problem>,
    ) -> Result<Connection, Problem> {
        let before = self.found().await?;
        let mut after = before.clone();
        change(&mut after)?;
        if after.says_the_same_as(&before)? {
            return Ok(before);
        }
        if before.status == Status::Revoked {
            let detail = "It was revoked, which is for good; make a new connection.";
            return Err(Problem::new(StatusCode::CONFLICT, "revoked", "It is revoked", detail));
        }
        let Self { app, owner, by, .. } = self;
        let renamed = after.slug != before.slug;
        let (after, mut writes) = after.rewriting(&before, &*app.table, *owner, by)?;
        writes.extend(also(&after)?);
        match app.table.transact(writes, by.op).await {
            Err(Error::Conflict) if renamed => {
                Err(slug_is_taken(app, *owner, &after).await?.unwrap_or_else(|| Error::Conflict.into()))
            }
            done => Ok(done.map(|()| after)?),
        }
    }
}
