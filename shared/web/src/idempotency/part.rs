//! One thing that a call does, once. A call of many parts keeps the answer to each beside that part's effect, so that one
//! which died half way goes on where it was when it is sent again.

use super::{Answer, Answered, Keep, Kept, Once, Place, sees};
use crate::call::Call;
use crate::problem::Problem;
use domain::Error;
use domain::access::Resource;
use domain::keyring::Purpose;
use domain::seal::{self, Sealed};
use domain::table::Row;
use futures_util::future::try_join;
use http::StatusCode;
use std::sync::Arc;

pub(crate) struct Part<'a> {
    place: Option<Place<'a>>,
    /// What it was answered before.
    before: Option<Answer>,
}

impl Once {
    /// For a call of a connection that does so many things.
    pub(crate) async fn parts(
        self,
        call: &Call,
        resource: Resource,
        count: usize,
    ) -> Result<Vec<Part<'_>>, Problem> {
        let Some(sent) = self.0 else {
            return Ok((0..count).map(|_| Part { place: None, before: None }).collect());
        };
        let (app, owner, caller) = (call.app(), call.owner(), Some(call.connection()));
        let sees = sees(call, resource).await?;
        let rows: Vec<_> = (0..count).map(|part| sent.row(owner, caller, Some(part))).collect();
        let data_key = app.keys.find_or_make(owner, Purpose::Idempotency, app.op());
        let (found, data_key) = try_join(app.table.get_many(&rows), data_key).await?;
        let part = |(row, found): (_, Option<Row>)| {
            let place = Place { app, row, digest: sent.digest, sees, data_key: Arc::clone(&data_key) };
            Part::of(place, found.as_ref())
        };
        rows.into_iter().zip(found).map(part).collect()
    }
}

impl<'a> Part<'a> {
    pub(super) fn of(place: Place<'a>, found: Option<&Row>) -> Result<Self, Problem> {
        let before = found.map(|found| place.answered(found)).transpose()?;
        Ok(Self { place: Some(place), before })
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.before.is_none()
    }

    pub(crate) async fn run<W: Future<Output = Result<Answer, Problem>>>(
        self,
        work: impl FnOnce(Keep<'a>) -> W,
    ) -> Result<Answered, Problem> {
        let again = |answer| Answered { answer, again: true };
        let Self { place, before } = self;
        if let Some(answer) = before {
            return Ok(again(answer));
        }
        match (work(Keep(place.clone())).await, place) {
            // Perhaps another copy of this very call was first: then its answer is the answer.
            (Err(problem), Some(place)) if tells_of_another(problem.status) => {
                match place.app.table.get(&place.row).await? {
                    Some(found) => place.answered(&found).map(again),
                    None => Err(problem),
                }
            }
            (done, _) => done.map(Answered::first),
        }
    }
}

impl Place<'_> {
    fn answered(&self, row: &Row) -> Result<Answer, Problem> {
        let unreadable = |error: serde_json::Error| Error::unreadable(&row.key, &error);
        let sealed: Sealed = serde_json::from_str(&row.body).map_err(unreadable)?;
        let kept = seal::open(&self.data_key, &row.key.sort, &sealed)?;
        let kept: Kept<Answer> = serde_json::from_slice(&kept).map_err(unreadable)?;
        if kept.digest != self.digest {
            let detail = "This `Idempotency-Key` came with another body before. Send a new key for a new call, or \
                          the first body again for its answer.";
            let title = "Idempotency key reused";
            return Err(Problem::new(StatusCode::CONFLICT, "idempotency-key-reused", title, detail));
        }
        // What it showed then, the caller may not see now.
        if kept.sees == self.sees { Ok(kept.answer) } else { Ok(kept.answer.bare()?) }
    }
}

fn tells_of_another(status: StatusCode) -> bool {
    matches!(status, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED)
}
