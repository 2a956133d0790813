//! What carries an event on its way, as hosts do who repeat, reorder and end at any moment.

use super::weather::{HANDLER, Moody, Shaky, Weather};
use crate::harness::House;
use changes::{Changes, FanOut, Sealer};
use deliver::Deliver;
use domain::due::Tick;
use domain::id::ConnectionId;
use domain::outcome::{Consumer as _, Outcome};
use domain::queue::{Queue, Received};
use domain::table::{ChangeLog as _, RowChange};
use due::Sweep;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(super) struct Road {
    pub(super) house: House,
    pub(super) weather: Arc<Weather>,
    pub(super) hook: ConnectionId,
    /// What there is of a process: all of it is gone when that is killed.
    process: Process,
    /// Of what was handed out, some that will be handed out once more, whenever.
    stale: Vec<Received>,
    /// How far the clock was set.
    pub(super) set_by: i64,
    pub(super) is_paused: bool,
}

struct Process {
    changes: Changes,
    deliver: Deliver,
    due: Sweep,
}

fn process(house: &House, weather: &Arc<Weather>) -> Process {
    let app = &house.app;
    let (table, clock, entropy) = (&app.table, &app.clock, &app.entropy);
    let shaky = |store| Arc::new(Shaky { store, weather: Arc::clone(weather) }) as Arc<dyn Queue>;
    let queue = shaky(house.store.clone());
    // A laptop's is written with the bookmark, and goes with its process before that.
    let telling = if weather.dice.one_in(2) { shaky(house.store.for_tellers()) } else { Arc::clone(&queue) };
    Process {
        changes: Changes {
            sealer: Sealer {
                table: Arc::clone(table),
                clock: Arc::clone(clock),
                entropy: Arc::clone(entropy),
            },
            fan_out: FanOut::new(Arc::clone(table), telling, Arc::clone(clock), Arc::clone(entropy)),
        },
        deliver: Deliver {
            table: Arc::clone(table),
            keys: Arc::clone(&app.keys),
            outbound: Arc::new(Moody(Arc::clone(weather))),
            queue: Arc::clone(&queue),
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
        },
        due: Sweep {
            table: Arc::clone(table),
            queue,
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
        },
    }
}

impl Road {
    pub(super) fn new(house: House, weather: Arc<Weather>, hook: ConnectionId) -> Self {
        let process = process(&house, &weather);
        Self { house, weather, hook, process, stale: Vec::new(), set_by: 0, is_paused: false }
    }

    /// Changes come in their order for each row, and in any for all; some of them come again. How many there were.
    pub(super) async fn tell(&mut self) -> usize {
        let (dice, store) = (&self.weather.dice, &self.house.store);
        let is_calm = self.weather.is_calm.load(Ordering::SeqCst);
        let told: u64 = store.bookmark().unwrap().map_or(0, |told| told.parse().unwrap());
        let again = if !is_calm && dice.one_in(20) { dice.below(60) } else { 0 };
        let from = told.saturating_sub(again);
        let most = if is_calm { 100 } else { 1 + dice.below(60) as usize };
        let mut batch = store.changes(Some(&from.to_string()), most).await.unwrap();
        let Some(last) = batch.last().map(|change| change.position.parse::<u64>().unwrap()) else { return 0 };
        let mut turns = HashMap::new();
        batch.sort_by_key(|change: &RowChange| {
            *turns.entry(change.key.clone()).or_insert_with(|| dice.below(1 << 40))
        });
        let (count, changes) = (batch.len(), &self.process.changes);
        let tell = async {
            changes.begin(&batch).await?;
            for change in batch.clone() {
                changes.consume(change).await?;
            }
            changes.end().await
        };
        match self.weather.survive(tell).await {
            None => self.restart(),
            Some(Ok(())) if is_calm || !dice.one_in(10) => {
                store.set_bookmark(told.max(last).to_string()).await.unwrap();
            }
            Some(_) => {}
        }
        count
    }

    pub(super) async fn sweep(&mut self) {
        if self.weather.survive(self.process.due.consume(Tick)).await.is_none() {
            self.restart();
        }
    }

    /// Messages come several at a time, some of them to two at once, some long after they were done.
    pub(super) async fn hand_out(&mut self) -> usize {
        let (dice, store) = (&self.weather.dice, &self.house.store);
        let is_calm = self.weather.is_calm.load(Ordering::SeqCst);
        let most = if is_calm { 100 } else { 1 + dice.below(40) as usize };
        let messages = store.receive(most, Duration::from_secs(60)).await.unwrap();
        let mut handed = messages.clone();
        if !is_calm {
            handed.extend(messages.iter().filter(|_| dice.one_in(15)).cloned());
            for _ in 0..dice.below(4).min(self.stale.len() as u64) {
                let nth = dice.below(self.stale.len() as u64) as usize;
                handed.push(self.stale.swap_remove(nth));
            }
            self.stale.extend(messages.iter().filter(|_| dice.one_in(5)).cloned());
        }
        let (weather, deliver) = (&*self.weather, &self.process.deliver);
        let work = handed.into_iter().map(|message| {
            let handler = weather.handler();
            HANDLER.scope(Arc::clone(&handler), async move {
                let done = deliver.consume(message).await;
                if done.is_ok() {
                    weather.settled(&handler);
                }
                done
            })
        });
        let Some(outcomes) = self.weather.survive(join_all(work)).await else {
            self.restart();
            return messages.len();
        };
        for (message, outcome) in messages.iter().zip(outcomes) {
            match outcome {
                Ok(Outcome::Done | Outcome::PutAside) if is_calm || !dice.one_in(20) => {
                    store.done(&message.receipt).await.unwrap()
                }
                Ok(Outcome::RetryAfter(wait)) => store.retry_after(&message.receipt, wait).await.unwrap(),
                _ => {}
            }
        }
        messages.len()
    }

    /// As another larder, which hands out at once what the last one had in hand.
    fn restart(&mut self) {
        self.house.store.forget();
        self.process = process(&self.house, &self.weather);
    }
}
