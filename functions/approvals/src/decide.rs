//! The owner's word, and what comes of it. A call is done once: its effect and that it is done are one transaction.

use crate::asking;
use axum::Json;
use axum::extract::FromRequestParts;
use domain::Error;
use domain::approval::{Approval, Ended, View};
use domain::audit::{Entry, Outcome};
use domain::connection::Connection;
use domain::id::{ApprovalId, OwnerId};
use domain::operation;
use domain::shelf::Shelf;
use http::StatusCode;
use http::request::Parts;
use web::approval::run;
use web::{App, At, Owner, Problem, Witness};

/// How often something else may be written at the same moment.
const TRIES: usize = 3;

/// What a decision needs, on whatever page or route it is made.
pub struct Deciding {
    app: App,
    owner: OwnerId,
    witness: Witness,
}

impl FromRequestParts<App> for Deciding {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Owner(owner) = Owner::from_request_parts(parts, app).await?;
        let witness = Witness::from_request_parts(parts, app).await?;
        Ok(Self { app: app.clone(), owner, witness })
    }
}

pub(crate) async fn approve(deciding: Deciding, At(id): At<ApprovalId>) -> Result<Json<View>, Problem> {
    deciding.approve(id).await.map(Json)
}

pub(crate) async fn deny(deciding: Deciding, At(id): At<ApprovalId>) -> Result<Json<View>, Problem> {
    deciding.deny(id).await.map(Json)
}

impl Deciding {
    /// Does what was asked. To say it again goes on with what was broken off, and tells what became of the rest.
    pub async fn approve(&self, id: ApprovalId) -> Result<View, Problem> {
        let mut approval = self.find(id).await?;
        let now = self.app.clock.now();
        if !approval.is_done() {
            self.usable(&approval).await?;
        }
        if approval.is_pending() {
            let said = approval.clone().approved(now);
            approval = match self.put(said).await {
                Err(Error::Conflict) => self.find(id).await?,
                said => {
                    let said = said?;
                    self.note("approval.approved", &said, Outcome::Done).await;
                    said
                }
            };
        }
        self.carry_out(approval).await.map(|done| done.view(now))
    }

    pub async fn deny(&self, id: ApprovalId) -> Result<View, Problem> {
        let approval = self.find(id).await?;
        let now = self.app.clock.now();
        if approval.is_denied() {
            return Ok(approval.view(now));
        }
        if !approval.is_open(now) {
            return Err(decided());
        }
        let denied = self.put(approval.denied(now)).await.map_err(|error| match error {
            Error::Conflict => decided(),
            error => error.into(),
        })?;
        self.note("approval.denied", &denied, Outcome::Done).await;
        Ok(denied.view(now))
    }

    /// Runs it until it is done, by this or by another that was approved at the same time.
    async fn carry_out(&self, mut approval: Approval) -> Result<Approval, Problem> {
        let mut ended = None;
        for _ in 0..TRIES {
            if approval.is_done() {
                return self.told(approval, ended).await;
            }
            if !approval.is_open(self.app.clock.now()) {
                return Err(decided());
            }
            let answer = run(asking().serve(self.app.clone()), &approval, self.owner).await?;
            let now = self.find(approval.id).await?;
            if now.is_done() {
                return self.told(now, Some(answer)).await;
            }
            if answer.status >= 500 {
                return Err(broke_off());
            }
            if answer.status == 403 && self.usable(&now).await?.grant.is_shut_in_part(self.app.clock.now()) {
                return Err(not_now());
            }
            if !is_conflict(&answer) {
                match self.end(now, answer.clone()).await {
                    Err(Error::Conflict) => {}
                    done => return Ok(done?),
                }
            }
            approval = self.find(approval.id).await?;
            ended = Some(answer);
        }
        match ended.filter(|_| !approval.is_done()) {
            Some(answer) => Ok(self.end(approval, answer).await?),
            None => Ok(approval),
        }
    }

    /// What it was answered is kept beside the effect as soon as it is known; a refusal is that of one who came second.
    async fn told(&self, approval: Approval, answer: Option<Ended>) -> Result<Approval, Problem> {
        let answer = answer.filter(|answer| answer.status < 400 && approval.answer.is_none());
        let Some(answer) = answer else { return Ok(approval) };
        match self.end(approval.clone(), answer).await {
            Err(Error::Conflict) => Ok(self.find(approval.id).await?),
            told => Ok(told?),
        }
    }

    async fn end(&self, approval: Approval, answer: Ended) -> Result<Approval, Error> {
        let outcome = if answer.is_refused() { Outcome::Refused } else { Outcome::Done };
        let done = self.put(approval.done(Some(answer))).await?;
        self.note("approval.ran", &done, outcome).await;
        Ok(done)
    }

    /// The connection, if it can be done at all: one that is paused may be resumed first, and what has its hours has to
    /// wait for them.
    async fn usable(&self, approval: &Approval) -> Result<Connection, Problem> {
        let now = self.app.clock.now();
        if !approval.is_open(now) {
            return Err(decided());
        }
        let connection =
            Shelf::<Connection>::new(&*self.app.table, self.owner).get(approval.connection).await;
        let lives = connection.and_then(|connection| connection.lives(now).map(|()| connection));
        let connection = lives.map_err(|error| match error {
            Error::Unauthenticated(why) => in_the_way(&why.to_string()),
            Error::NotFound(_) => in_the_way("this connection was deleted"),
            error => error.into(),
        })?;
        let mut all = operation::all();
        match all.find(|one| one.name == approval.operation).is_some_and(|one| connection.is_shut(one, now)) {
            true => Err(not_now()),
            false => Ok(connection),
        }
    }

    async fn find(&self, id: ApprovalId) -> Result<Approval, Error> {
        Shelf::<Approval>::new(&*self.app.table, self.owner).get(id).await
    }

    async fn put(&self, approval: Approval) -> Result<Approval, Error> {
        let (approval, put) = approval.put(self.owner)?;
        self.app.table.put(put, self.app.op()).await?;
        Ok(approval)
    }

    async fn note(&self, action: &str, approval: &Approval, result: Outcome) {
        let entry = Entry {
            connection: Some(approval.connection),
            target: Some(approval.id.to_string()),
            reason: Some(approval.said()),
            ..self.witness.entry(action, result)
        };
        self.witness.saw(self.owner, entry).await;
    }
}

/// Something that it touches was written at the same moment.
fn is_conflict(answer: &Ended) -> bool {
    answer.body.get("type").is_some_and(|kind| kind == "urn:larder:problem:conflict")
}

fn decided() -> Problem {
    in_the_way("it is decided already, or over")
}

fn not_now() -> Problem {
    in_the_way(
        "this connection may not do it at this time of day; approve it when it may, or change its grant",
    )
}

fn in_the_way(why: &str) -> Problem {
    Error::InTheWay(why.to_owned()).into()
}

fn broke_off() -> Problem {
    let detail = "It was approved, but broke off. Approve it again to go on with it.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "broke-off", "Broke off", detail)
}
