//! A code for tokens, once. Who brings a used one has a copy of it, or was copied: what it was traded for ends.

use super::Trade;
use crate::family::{by_app, end_reused, tokens};
use crate::refused::{Failure, Refused};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::connection::Connection;
use domain::consent::{Code, Consent, Family};
use domain::shelf::Shelf;
use domain::table::{Expect, Write};
use domain::token::{Handle, Kind};
use domain::{Error, schema};
use futures_util::future::join;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

/// How often it is tried again where something else was written at the same time.
const TRIES: usize = 3;

impl Trade<'_> {
    pub(super) async fn code(&self) -> Result<Response, Failure> {
        let unknown = || Refused::grant("this code is not known, was used, or is over");
        let handle = Handle::parse(Kind::Code, self.form.need("code")?, self.keys).ok_or_else(unknown)?;
        let (owner, id) = (handle.owner, handle.connection);
        let key = Code::key(owner, id, &handle.hash());
        for _ in 0..TRIES {
            let shelf = Shelf::<Connection>::new(&*self.app.table, owner);
            let (row, before) = join(self.app.table.get(&key), shelf.get(id)).await;
            let row = row?.ok_or_else(unknown)?;
            let code = Code::read(&row)?;
            if let Some(family) = &code.used {
                end_reused(self.app, &handle.named(), family, self.by, self.witness).await?;
                return Err(unknown().into());
            }
            let before = match before {
                Err(Error::NotFound(_)) => return Err(unknown().into()),
                found => found?,
            };
            self.fits(&code)?;
            if let Some(answer) = self.redeem(&handle, code, row.version, before).await? {
                return Ok(answer);
            }
        }
        Err(Error::Busy.into())
    }

    /// None if something else was written at the same time.
    async fn redeem(
        &self,
        handle: &Handle,
        code: Code,
        version: u64,
        before: Connection,
    ) -> Result<Option<Response>, Failure> {
        let Self { app, keys, by, .. } = self;
        let (owner, id, now) = (handle.owner, handle.connection, by.at);
        let refresh = Handle::issue(owner, id, app.entropy.bytes(), app.entropy.bytes());
        let named = refresh.named();
        let family = Family {
            client: code.to.client.clone(),
            resource: code.resource.clone(),
            actions: code.actions,
            current: refresh.hash(),
            until: Family::end(now, before.expires_at),
        };
        let mut after = before.clone();
        after.consent(Consent {
            hash: named.hash(),
            to: code.to.clone(),
            actions: code.actions,
            since: now,
            until: family.until,
        });
        let closed = |_| Refused::grant("the connection that was consented to does not let anybody in now");
        after.admit(&named.hash(), now).map_err(closed)?;
        let (_, mut writes) = after.rewriting(&before, &*app.table, owner, &by_app(id, *by, app))?;
        let used = Code { used: Some(named.hash()), ..code };
        writes.push(Write::Put(used.put(owner, id, Expect::Version(version))?));
        writes.push(Write::Put(family.put(schema::family(owner, id, &named.hash()), Expect::Absent)?));
        match app.table.transact(writes, app.op()).await {
            Err(Error::Conflict) => Ok(None),
            done => Ok(done.map(|()| Some(tokens(app, keys, &family, &refresh, family.actions)))?),
        }
    }

    fn fits(&self, code: &Code) -> Result<(), Refused> {
        let verifier = self.form.need("code_verifier")?;
        if code.until <= self.by.at || code.to.client != self.client {
            return Err(Refused::grant("this code is not known, was used, or is over"));
        }
        if self.form.need("redirect_uri")? != code.redirect_uri {
            return Err(Refused::grant("`redirect_uri` is not the one that the code was sent to"));
        }
        let proof = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let is_proof = (43..=128).contains(&verifier.len())
            && bool::from(proof.as_bytes().ct_eq(code.challenge.as_bytes()));
        if !is_proof {
            return Err(Refused::grant("`code_verifier` is not what `code_challenge` was made of"));
        }
        self.same_resource(&code.resource)
    }
}
