//! Making many at once, each by itself: what is wrong with one leaves the others alone.

use super::{Nouns, Written};
use crate::body::{Each, Sent};
use crate::call::Call;
use crate::idempotency::{Answer, Answered, Keep, Once, replayed};
use crate::noting::is_denial;
use crate::problem::{Problem, Wire};
use domain::noun::Rules;
use domain::{Error, Result};
use http::{HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::future::ready;

/// What became of each, in the order in which they were sent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Batch")]
pub struct Batch<T> {
    pub data: Vec<One<T>>,
    /// Nothing was done that had not been done before.
    #[serde(skip)]
    again: bool,
}

/// What became of one: `item`, or the `problem` with it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}OfBatch")]
pub struct One<T> {
    /// Which of those that were sent, from 0 on.
    pub index: usize,
    /// As it would be if it had been sent alone.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Wire<'static>>")]
    problem: Option<Box<RawValue>>,
}

impl<T: Rules> Nouns<'_, T> {
    /// Each counts as a call against the limits; what was made before, under the same `Idempotency-Key`, does not.
    pub async fn create_each(&self, all: Each<T::New>, once: Once) -> Result<Batch<Box<RawValue>>, Problem> {
        let call = self.call;
        let operation = T::DOES.batch.as_ref().ok_or(Error::NotFound(T::NAME))?;
        let (scope, ()) = call.may(operation, ready(Ok(()))).await?;
        let all = all.read()?;
        self.unasked_of_many(operation, &scope)?;
        let each = self.each();
        let parts = once.or(call.approved_as()).parts(call, T::RESOURCE, all.len()).await?;
        let open = parts.iter().filter(|part| part.is_open()).count();
        let mut places = call.take_more(open.saturating_sub(1)).await.into_iter();
        let (mut data, mut is_first) = (Vec::with_capacity(all.len()), true);
        for (index, (new, part)) in all.into_iter().zip(parts).enumerate() {
            let place = match part.is_open() && !std::mem::take(&mut is_first) {
                true => places.next().unwrap_or(Err(Error::Busy)),
                false => Ok(()),
            };
            let made = match place {
                Ok(()) => {
                    let work = |keep| each.make_nth(index, new, keep);
                    part.run(work).await
                }
                Err(refused) => Err(refused.into()),
            };
            // What was approved is done whole, so that it can be begun again until it is.
            match made {
                Err(problem) if call.is_approved() && problem.status.is_server_error() => {
                    return Err(problem);
                }
                made => data.push(One::of(index, made, call)?),
            }
        }
        Ok(Batch { data, again: open == 0 })
    }

    pub(super) fn each(&self) -> Self {
        Self { within: self.within.clone(), is_part: true, ..*self }
    }

    async fn make_nth(&self, index: usize, new: Sent<T::New>, keep: Keep<'_>) -> Result<Answer, Problem> {
        let operation = T::DOES.batch.as_ref().ok_or(Error::NotFound(T::NAME))?;
        let status = |made: &Written<T>| if made.is_new { StatusCode::CREATED } else { StatusCode::OK };
        let answer = |made: &Written<T>| Answer::json(status(made), made);
        let made =
            self.make(operation, self.random_of(index), new, |made| keep.answer(&answer(made)?)).await?;
        Ok(answer(&made)?)
    }
}

impl<T> Nouns<'_, T> {
    /// For the id of one of many: made at the same time, they lie in the order in which they were sent.
    pub(super) fn random_of(&self, nth: usize) -> [u8; 10] {
        let mut random: [u8; 10] = self.call.app().entropy.bytes();
        let [first, ..] = &mut random;
        *first = u8::try_from(nth).unwrap_or(u8::MAX);
        random
    }
}

impl One<Box<RawValue>> {
    fn of(index: usize, made: Result<Answered, Problem>, call: &Call) -> Result<Self> {
        match made {
            Ok(made) => {
                let (status, item) = made.answer.into_json()?;
                Ok(Self { index, status, item: Some(item), problem: None })
            }
            Err(problem) => {
                problem.log(call.request());
                let told = to_raw_value(&problem.wire(call.request())).map_err(Error::internal)?;
                let status = problem.status.as_u16();
                if is_denial(&problem) {
                    call.add_denied(problem);
                }
                Ok(Self { index, status, item: None, problem: Some(told) })
            }
        }
    }
}

impl<T> Batch<T> {
    pub(crate) fn status(&self) -> StatusCode {
        let all = self.data.iter().all(|one| one.problem.is_none());
        if all { StatusCode::OK } else { StatusCode::MULTI_STATUS }
    }

    pub(crate) fn replayed(&self) -> Option<(HeaderName, HeaderValue)> {
        self.again.then(replayed)
    }
}
