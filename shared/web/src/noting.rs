//! What is noted of a call with a genuine key once it is answered, and the headers that tell where its limits stand.

use crate::call::Call;
use crate::peer::Peer;
use crate::problem::Problem;
use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use domain::Error;
use domain::activity::Activity;
use domain::audit::{Actor, Entry, Outcome};
use domain::id::ActivityId;
use domain::ledger::{Note, Refused};
use domain::limits::{Settled, Standing};
use futures_util::future::join_all;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jiff::SignedDuration;
use std::time::Duration;

/// What is known of a call before it is handled.
pub(crate) struct Asked {
    began: Duration,
    method: Method,
    path: Option<MatchedPath>,
    peer: Option<Peer>,
}

impl Asked {
    pub(crate) fn of(request: &Request, began: Duration) -> Self {
        let path = request.extensions().get::<MatchedPath>().cloned();
        let peer = request.extensions().get::<Peer>().copied();
        Self { began, method: request.method().clone(), path, peer }
    }

    /// How much of the body is sent.
    fn answered(&self, response: &Response) -> u64 {
        if self.method == Method::HEAD { 0 } else { response.body().size_hint().lower() }
    }

    fn endpoint(&self) -> String {
        format!("{} {}", self.method, self.path.as_ref().map_or("", MatchedPath::as_str))
    }
}

impl Call {
    /// Tells where its limits stand, and notes it.
    pub(crate) async fn end(&self, asked: &Asked, problem: Option<&Problem>, response: &mut Response) {
        let Some(admission) = self.admitted() else { return };
        let (settled, standing) = self.standing();
        tell_limits(standing, response);
        // What a protocol answered 200 to may have been refused all the same.
        let problem = problem.or_else(|| self.refusal());
        let status = problem.map_or(response.status(), |problem| problem.status);
        let bytes = asked.answered(response);
        let from = asked.peer.map(Peer::anonymised);
        let mut notes = Vec::with_capacity(2);
        for Settled { rate, notices } in settled {
            notes.extend(notices.iter().cloned().map(Note::Notice));
            notes.extend(Some(rate).filter(|rate| !rate.is_nothing()).cloned().map(Note::Count));
        }
        let call = self.activity(asked, status, bytes, from.clone());
        let days = admission.activity_days.map(i64::from);
        let keep_until = days.map(|days| self.at() + SignedDuration::from_hours(24 * days));
        let parts = self.take_denied();
        notes.extend(parts.iter().map(|part| Note::Audit(self.denied(asked, part, from.clone()))));
        let denied =
            problem.filter(|problem| is_denial(problem)).map(|problem| self.denied(asked, problem, from));
        match (&admission.record, denied) {
            (Err(Error::Unauthenticated(_)), Some(denied)) => {
                let call = Activity { key_refused: true, ..call };
                notes.push(Note::Refused(Box::new(Refused { call, denied, keep_until })));
            }
            (record, denied) => {
                let limited = matches!(record, Err(Error::Limited(_)));
                notes.extend(denied.map(Note::Audit));
                notes.push(Note::Call { call, limited, keep_until });
            }
        }
        let ledger = &self.app().ledger;
        join_all(notes.into_iter().map(|note| ledger.note(self.owner(), note))).await;
    }

    /// The endpoint or tool.
    fn called(&self, asked: &Asked) -> String {
        self.name().map_or_else(|| asked.endpoint(), str::to_owned)
    }

    fn denied(&self, asked: &Asked, problem: &Problem, from: Option<String>) -> Entry {
        let random = self.app().entropy.bytes();
        Entry {
            connection: Some(self.connection()),
            target: Some(self.called(asked)),
            reason: Some(problem.detail().to_owned()),
            request: Some(self.request()),
            from,
            ..Entry::new(self.at(), random, Actor::Connection, "call.denied", Outcome::Refused)
        }
    }

    fn activity(&self, asked: &Asked, status: StatusCode, bytes: u64, from: Option<String>) -> Activity {
        let took = self.app().clock.elapsed().saturating_sub(asked.began);
        Activity {
            // One call, one entry: the same time and the same random bits.
            id: ActivityId::from_bytes(*self.request().as_bytes()),
            connection: self.connection(),
            at: self.at(),
            request: self.request(),
            endpoint: self.called(asked),
            status: status.as_u16(),
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            bytes,
            key_refused: false,
            from,
        }
    }
}

fn tell_limits(standing: Option<&Standing>, response: &mut Response) {
    let Some(standing) = standing else { return };
    for (name, line) in [("ratelimit-policy", standing.policy()), ("ratelimit", standing.left())] {
        if let Some(line) = line.and_then(|line| HeaderValue::try_from(line).ok()) {
            response.headers_mut().insert(HeaderName::from_static(name), line);
        }
    }
}

pub(crate) fn is_denial(problem: &Problem) -> bool {
    matches!(problem.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}
