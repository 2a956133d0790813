//! A call that its owner has approved.

use super::{Call, Inner};
use crate::app::App;
use crate::approval::{Approved, Run};
use crate::edge::Arrival;
use crate::problem::Problem;
use domain::Result;
use domain::key::GenuineKey;
use domain::table::Write;
use http::request::Parts;
use std::sync::Arc;

impl Call {
    /// One that its owner has approved: as its connection's, whoever has its key now.
    pub(crate) fn run(app: &App, parts: &Parts, run: &Run) -> Result<Self> {
        let Arrival { at, request, call, .. } = Arrival::of(parts)?;
        let nobodys = GenuineKey::issue(run.owner, run.connection, app.entropy.bytes());
        let inner = Inner { is_run: true, ..Inner::new(app, nobodys.holder(), *at, *request) };
        let call = call.get_or_init(|| Self(Arc::new(inner))).clone();
        call.approve(run.approved.clone());
        let _ = run.call.set(call.clone());
        Ok(call)
    }

    /// Its owner has said yes to just this.
    pub fn approve(&self, approved: Approved) {
        let _ = self.0.approved.set(approved);
    }

    pub(crate) fn approved(&self) -> Option<&Approved> {
        self.0.approved.get()
    }

    pub(crate) fn is_approved(&self) -> bool {
        self.0.approved.get().is_some()
    }

    /// What its parts are known by when they are begun again.
    pub(crate) fn approved_as(&self) -> Option<&str> {
        self.0.approved.get().map(|approved| approved.name.as_str())
    }

    /// What its writes take along.
    pub(crate) async fn along(&self, is_part: bool) -> Result<&[Write], Problem> {
        let Some(approved) = self.0.approved.get() else { return Ok(&[]) };
        let connection = self.admission().await?;
        let along = self.0.along.get_or_init(|| approved.along(self.owner(), connection));
        Ok(if is_part { &along.part } else { &along.whole })
    }

    /// What was approved and turned out to write nothing is approved no more.
    pub async fn use_up(&self) {
        let Some(approved) = self.0.approved.get().filter(|_| !self.0.is_run) else { return };
        approved.use_up(self.app()).await;
    }
}
