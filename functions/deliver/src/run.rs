//! One run through what is parked: the oldest first, for as long as something is taken.

use crate::endpoint::{Endpoint, Noted};
use crate::send::later;
use crate::tell::Tried;
use domain::connection::{Connection, Reason};
use domain::delivery::{Delivery, Health, Next, Origin, State, Step, Verdict, asked};
use domain::id::EventId;
use domain::shelf::{self, Entity as _};
use domain::table::{Query, Row};
use domain::{Error, Result};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// So long at a time, of the sixty seconds that a function and its message have.
pub(crate) const AT_A_TIME: Duration = Duration::from_secs(20);

pub(crate) const PAGE: usize = 25;

/// Why it ended.
pub(crate) enum End {
    Empty,
    /// There is more.
    More,
    /// Neither the oldest nor the newest was taken.
    Down(Timestamp),
    /// It is not to be sent to.
    Deaf,
}

/// How it goes, within one release.
pub(crate) struct Run {
    pub(crate) health: Health,
    /// Something was taken since the last run of failures.
    pub(crate) lives: bool,
    pub(crate) began: Duration,
    pub(crate) left: u64,
    pub(crate) tried: BTreeSet<EventId>,
}

struct Failed {
    /// It is not sent to any more.
    is_over: bool,
    asked: Option<Duration>,
    /// What becomes of it where others are taken.
    scheduled: (State, Option<Next>),
}

/// What cannot be read stays as it is, for the version of Larder that can.
pub(crate) fn legible(row: &Row) -> Option<Delivery> {
    Delivery::read(row).inspect_err(|error| tracing::error!(%error, "a delivery is passed over")).ok()
}

impl Endpoint<'_> {
    pub(crate) async fn empty(&self, run: &mut Run) -> Result<End> {
        let all = State::Parked.all(self.owner, self.id);
        let mut after = None;
        loop {
            let page = self.ports.table.query(&all.clone().page(after, PAGE)).await?;
            let (connection, parked) = self.origins(&page.rows).await?;
            let Some(connection) = connection else { return Ok(End::Deaf) };
            for (delivery, origin) in parked {
                if run.left == 0 || self.ports.clock.elapsed().saturating_sub(run.began) >= AT_A_TIME {
                    return Ok(End::More);
                }
                run.left -= 1;
                if let Some(end) = self.let_go(&connection, delivery, origin, run, &all).await? {
                    return Ok(end);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(End::Empty);
            }
        }
    }

    /// What the rows of a page are about; no connection if it is not to be sent to.
    async fn origins(&self, rows: &[Row]) -> Result<(Option<Connection>, Vec<(Delivery, Option<Row>)>)> {
        let parked: Vec<_> = rows.iter().filter_map(legible).collect();
        let origins = parked.iter().map(|delivery| delivery.from.key(self.owner));
        let keys: Vec<_> = [Connection::key(self.owner, self.id)].into_iter().chain(origins).collect();
        let mut rows = self.ports.table.get_many(&keys).await?.into_iter();
        let connection = rows.next().flatten().as_ref().map(shelf::read::<Connection>).transpose()?;
        let connection = connection.filter(|connection| connection.listens(self.now()));
        Ok((connection, parked.into_iter().zip(rows).collect()))
    }

    /// `None` if the next one follows.
    async fn let_go(
        &self,
        connection: &Connection,
        delivery: Delivery,
        origin: Option<Row>,
        run: &mut Run,
        all: &Query,
    ) -> Result<Option<End>> {
        if !run.tried.insert(delivery.id) {
            return Ok(None);
        }
        let this = delivery.clone();
        let Some(failed) = self.try_parked(connection, delivery, origin, run).await? else { return Ok(None) };
        if failed.is_over {
            return Ok(Some(End::Deaf));
        }
        if run.lives {
            return Ok(None);
        }
        let scheduled = Noted { becomes: Some(failed.scheduled), counts: true };
        if !run.health.is_down() {
            // A few failures are no end of it.
            return self.note(this, None, scheduled).await.map(|()| None);
        }
        // It may be this one event that is not taken: the newest says whether it is.
        let newest = self.ports.table.query(&all.clone().newest_first().page(None, 1)).await?;
        let (_, newest) = self.origins(&newest.rows).await?;
        for (delivery, origin) in newest {
            if run.tried.insert(delivery.id) {
                let failed = self.try_parked(connection, delivery, origin, run).await?;
                if failed.is_some_and(|failed| failed.is_over) {
                    return Ok(Some(End::Deaf));
                }
            }
        }
        if run.lives {
            return self.note(this, None, scheduled).await.map(|()| None);
        }
        Ok(Some(End::Down(run.health.pause(self.now(), failed.asked))))
    }

    /// `None` if it was taken, or is not to be told any more.
    async fn try_parked(
        &self,
        connection: &Connection,
        mut delivery: Delivery,
        origin: Option<Row>,
        run: &mut Run,
    ) -> Result<Option<Failed>> {
        let now = self.now();
        let happened = match origin.as_ref().map(Origin::read).transpose() {
            // It would stand in the way of all behind it.
            Err(error @ Error::Unreadable { .. }) => {
                tracing::error!(%error, "it cannot be told");
                None
            }
            read => read?,
        };
        let told = happened.as_ref().map(|happened| happened.told(connection, now)).transpose()?.flatten();
        let Some(told) = told else {
            let state = if happened.is_some() { State::Withdrawn } else { State::Failed };
            delivery.becomes(state, None);
            return self.write(vec![delivery.put(self.owner)?]).await.map(|()| None);
        };
        let Tried { attempt, answer } = self.tell(connection, &delivery, &told, None).await?;
        let (began, now) = (attempt.at, self.now());
        let verdict = self.judged(connection.hook(now).map(|hook| hook.config), &delivery, &answer);
        if verdict == Verdict::Delivered {
            run.health.succeeded();
            run.lives = true;
            let noted = Noted { becomes: Some((State::Delivered, None)), counts: true };
            return self.note(delivery, Some(attempt), noted).await.map(|()| None);
        }
        let step = run.health.failed(began, now);
        run.lives &= !run.health.is_down();
        let scheduled = match verdict {
            Verdict::Again(wait) => {
                let at = later(now, wait);
                (State::Waiting, Some(Next { at, by: Some(at) }))
            }
            Verdict::Exhausted => (State::Failed, None),
            Verdict::Delivered | Verdict::Gone => (State::Parked, None),
        };
        let (state, next) = if run.lives { scheduled } else { (State::Parked, None) };
        let noted = Noted { becomes: Some((state, next)), counts: state != State::Parked };
        self.note(delivery, Some(attempt), noted).await?;
        let reason = match (verdict, step) {
            (Verdict::Gone, _) => Some(Reason::Gone),
            (_, Step::Disable) => Some(Reason::Failing),
            _ => None,
        };
        if let Some(reason) = reason {
            self.disable(reason).await?;
        }
        Ok(Some(Failed { is_over: reason.is_some(), asked: asked(&answer, now), scheduled }))
    }
}
