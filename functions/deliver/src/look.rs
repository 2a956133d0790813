//! What there is to know before a try, read at once, and what follows of it.

use crate::endpoint::Endpoint;
use crate::send::Try;
use domain::change::Told;
use domain::connection::Connection;
use domain::delivery::{Delivery, Happened, Health, Origin, State};
use domain::shelf::{self, Entity as _};
use domain::table::Row;
use domain::{Error, Result, schema};

pub(crate) struct Look {
    pub(crate) connection: Option<Connection>,
    pub(crate) health: Health,
    /// In the order in which they were asked for.
    pub(crate) known: Vec<Known>,
}

pub(crate) struct Known {
    delivery: Option<Delivery>,
    happened: Option<Happened>,
}

pub(crate) enum Plan<'a> {
    /// Another message is the one that counts.
    Done,
    /// It is parked already.
    Lies,
    /// Nothing more is tried; what nobody was told of leaves nothing behind.
    Ends(Option<Delivery>, State),
    Parks(Delivery),
    Tries(&'a Connection, Delivery, Told),
}

impl Endpoint<'_> {
    pub(crate) async fn look(&self, wanted: &[Try]) -> Result<Look> {
        let events = wanted.iter().flat_map(|wanted| {
            [schema::delivery(self.owner, self.id, wanted.event), wanted.from.key(self.owner)]
        });
        let (connection, health) =
            (Connection::key(self.owner, self.id), schema::health(self.owner, self.id));
        let keys: Vec<_> = [connection].into_iter().chain(events).chain([health]).collect();
        let rows = self.ports.table.get_many(&keys).await?;
        let [connection, events @ .., health] = rows.as_slice() else {
            return Err(Error::internal("rows are missing"));
        };
        Ok(Look {
            connection: connection.as_ref().map(shelf::read::<Connection>).transpose()?,
            health: Health::of(self.id, health.as_ref())?,
            known: events.chunks(2).map(Known::read).collect::<Result<_>>()?,
        })
    }

    pub(crate) fn plan<'a>(
        &self,
        connection: Option<&'a Connection>,
        health: &Health,
        Known { delivery, happened }: Known,
        wanted: &Try,
    ) -> Result<Plan<'a>> {
        if let Some(delivery) = &delivery
            && !delivery.waits_for(wanted.due, wanted.again)
        {
            return Ok(if delivery.state == State::Parked { Plan::Lies } else { Plan::Done });
        }
        let (now, is_asked, is_new) = (self.now(), wanted.again.is_some(), delivery.is_none());
        // What its owner wants to see once more stays what it was.
        let ends = |delivery: Option<Delivery>, state| Plan::Ends(delivery.filter(|_| !is_asked), state);
        let Some(connection) = connection.filter(|connection| connection.hook(now).is_some()) else {
            return Ok(ends(delivery, State::Withdrawn));
        };
        let new = || Delivery::new(wanted.event, self.id, wanted.from.clone(), happened.as_ref());
        let mut delivery = delivery.unwrap_or_else(new);
        let Some(happened) = happened else { return Ok(ends(Some(delivery), State::Failed)) };
        let Some(told) = happened.told(connection, now)? else {
            return Ok(ends((!is_new).then_some(delivery), State::Withdrawn));
        };
        delivery.event.clone_from(&told.event);
        Ok(match connection.listens(now) {
            // Its owner has paused it since then: a test has failed.
            false if is_asked => Plan::Ends(is_new.then_some(delivery), State::Failed),
            listens if !is_asked && (health.parking || !listens) => Plan::Parks(delivery),
            _ => Plan::Tries(connection, delivery, told),
        })
    }
}

impl Known {
    fn read(rows: &[Option<Row>]) -> Result<Self> {
        let [delivery, origin] = rows else { return Err(Error::internal("rows are missing")) };
        Ok(Self {
            delivery: delivery.as_ref().map(Delivery::read).transpose()?,
            happened: origin.as_ref().map(Origin::read).transpose()?,
        })
    }
}
