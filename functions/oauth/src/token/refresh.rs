//! A refresh token for the next ones. Each is used once: who brings one that was used ends the family, because one of
//! two who have it is not the app.

use super::Trade;
use crate::family::{end_reused, tokens};
use crate::refused::{Failure, Refused};
use axum::response::Response;
use domain::access::Actions;
use domain::connection::Connection;
use domain::consent::Family;
use domain::shelf::Shelf;
use domain::table::Expect;
use domain::token::{self, Handle, Kind};
use domain::{Error, schema};
use futures_util::future::join;

impl Trade<'_> {
    pub(super) async fn refresh(&self) -> Result<Response, Failure> {
        let Self { app, keys, form, by, .. } = self;
        let unknown = || Refused::grant("this refresh token is not known, was used, or is over");
        let handle = Handle::parse(Kind::Refresh, form.need("refresh_token")?, keys).ok_or_else(unknown)?;
        let (owner, id, named) = (handle.owner, handle.connection, handle.named());
        let key = schema::family(owner, id, &named.hash());
        let shelf = Shelf::<Connection>::new(&*app.table, owner);
        let (row, connection) = join(app.table.get(&key), shelf.get(id)).await;
        let row = row?.ok_or_else(unknown)?;
        let family = Family::read(&row)?;
        if family.client != self.client {
            return Err(unknown().into());
        }
        if !family.current.is(&handle.hash()) {
            return Err(self.reused(&handle).await);
        }
        let connection = match connection {
            Err(Error::NotFound(_)) => return Err(unknown().into()),
            found => found?,
        };
        connection.admit(&named.hash(), by.at).map_err(|_| unknown())?;
        self.same_resource(&family.resource)?;
        let actions = self.narrowed(family.actions)?;
        let next = Handle::issue(owner, id, handle.what, app.entropy.bytes());
        let family = Family { current: next.hash(), ..family };
        match app.table.put(family.put(key, Expect::Version(row.version))?, app.op()).await {
            // Somebody else was first, with the same one.
            Err(Error::Conflict) => Err(self.reused(&handle).await),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(tokens(app, keys, &family, &next, actions)),
        }
    }

    async fn reused(&self, handle: &Handle) -> Failure {
        let named = handle.named();
        match end_reused(self.app, &named, &named.hash(), self.by, self.witness).await {
            Ok(()) => {
                Refused::grant("this refresh token was used before, so the app has to ask again").into()
            }
            Err(error) => error.into(),
        }
    }

    /// What the next access token may do; the family stays as it is.
    fn narrowed(&self, all: Actions) -> Result<Actions, Refused> {
        let Some(scope) = self.form.get("scope") else { return Ok(all) };
        let actions = token::actions(scope);
        if actions.is_empty() || actions.shared_with(all) != actions {
            return Err(Refused::new("invalid_scope", format!("there is {}", token::scope(all))));
        }
        Ok(actions)
    }
}
