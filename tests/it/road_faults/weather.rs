//! What goes wrong on the road, as dice say that were thrown with a seed which is printed.

use crate::hooked::Hook;
use async_trait::async_trait;
use domain::outbound::{Answer, Outbound, OutboundError, Request};
use domain::queue::{Message, Queue, Received};
use domain::{Error, Result};
use embedded::Store;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// Of so many calls one fails, before or after it has done what it should, and of four times as many one is the last of
/// its process.
const OF_THE_STORE: u64 = 300;
const OF_THE_QUEUE: u64 = 8;

pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Splitmix: the same throws for the same seed.
    pub(crate) fn below(&self, most: u64) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }

    pub(crate) fn one_in(&self, most: u64) -> bool {
        self.below(most) == 0
    }
}

pub(crate) struct Weather {
    pub(crate) dice: Dice,
    pub(crate) is_calm: AtomicBool,
    /// The receiver answers nobody.
    pub(crate) is_down: AtomicBool,
    pub(crate) failed: AtomicU64,
    /// How many processes were killed.
    pub(crate) killed: watch::Sender<u64>,
    pub(crate) seen: Mutex<Seen>,
}

/// What the receiver has accepted.
#[derive(Default)]
pub(crate) struct Seen {
    /// Of each version of each item: under which ids, and how often.
    pub(crate) accepted: BTreeMap<(String, u64), BTreeMap<String, u64>>,
    /// Since when it is written down that an event was accepted.
    settled: HashMap<String, u64>,
    /// What was sent although that had been written down before whoever sent it began.
    pub(crate) needless: Vec<String>,
    tick: u64,
}

tokio::task_local! {
    /// Who handles a message: since when, and which event was accepted that may not be written down yet.
    pub(crate) static HANDLER: Arc<Handler>;
}

pub(crate) struct Handler {
    began: u64,
    open: Mutex<Option<String>>,
}

impl Weather {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            dice: Dice::new(seed),
            is_calm: AtomicBool::new(true),
            is_down: AtomicBool::new(false),
            failed: AtomicU64::new(0),
            killed: watch::channel(0).0,
            seen: Mutex::default(),
        })
    }

    pub(crate) fn calm(&self, is_calm: bool) {
        self.is_calm.store(is_calm, Ordering::SeqCst);
    }

    async fn strike(&self, of: u64) -> Result<()> {
        if self.is_calm.load(Ordering::SeqCst) {
            return Ok(());
        }
        if self.dice.one_in(4 * of) {
            self.killed.send_modify(|killed| *killed += 1);
            std::future::pending::<()>().await;
        }
        if self.dice.one_in(of) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return Err(Error::internal("struck"));
        }
        Ok(())
    }

    /// `None` if its process was killed meanwhile, wherever it was.
    pub(crate) async fn survive<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut killed = self.killed.subscribe();
        tokio::select! {
            done = work => Some(done),
            _ = killed.changed() => None,
        }
    }

    pub(crate) fn handler(&self) -> Arc<Handler> {
        let mut seen = self.seen.lock().unwrap();
        seen.tick += 1;
        Arc::new(Handler { began: seen.tick, open: Mutex::default() })
    }

    /// It was handled without an error.
    pub(crate) fn settled(&self, handler: &Handler) {
        self.seen.lock().unwrap().settle(handler.open.lock().unwrap().take());
    }
}

impl Seen {
    fn settle(&mut self, event: Option<String>) {
        self.tick += 1;
        let tick = self.tick;
        event.map(|event| self.settled.entry(event).or_insert(tick));
    }

    fn accept(&mut self, request: &Request, is_heard: bool) {
        let event = crate::delivering::event(request).to_owned();
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let (item, sequence) = (&body["data"]["id"], &body["data"]["sequence"]);
        let of = (item.as_str().unwrap().to_owned(), sequence.as_u64().unwrap());
        *self.accepted.entry(of).or_default().entry(event.clone()).or_default() += 1;
        let Ok(handler) = HANDLER.try_with(Arc::clone) else { return };
        if self.settled.get(&event).is_some_and(|since| *since < handler.began) {
            self.needless.push(event.clone());
        }
        // Whoever goes on to another one has written the one before down.
        let heard = is_heard.then_some(event);
        let before = std::mem::replace(&mut *handler.open.lock().unwrap(), heard);
        self.settle(before);
    }
}

pub(crate) struct Stormy(pub(crate) Arc<Weather>);

#[async_trait]
impl Hook for Stormy {
    async fn before(&self) -> Result<()> {
        self.0.strike(OF_THE_STORE).await
    }

    async fn after(&self) -> Result<()> {
        self.0.strike(OF_THE_STORE).await
    }
}

/// A queue that takes a part of what it is sent, or all of it and says that it did not.
pub(crate) struct Shaky {
    pub(crate) store: Store,
    pub(crate) weather: Arc<Weather>,
}

#[async_trait]
impl Queue for Shaky {
    async fn send(&self, messages: Vec<Message>) -> Result<()> {
        let struck = self.weather.strike(OF_THE_QUEUE).await;
        let some = if struck.is_err() { messages.len() / 2 } else { messages.len() };
        self.store.send(messages.into_iter().take(some).collect()).await?;
        struck?;
        self.weather.strike(OF_THE_QUEUE).await
    }

    async fn receive(&self, most: usize, hide_for: Duration) -> Result<Vec<Received>> {
        self.store.receive(most, hide_for).await
    }

    async fn done(&self, receipt: &str) -> Result<()> {
        self.store.done(receipt).await
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.store.retry_after(receipt, delay).await
    }
}

/// Takes seven of ten, after a while; what it takes may still be told as a failure.
pub(crate) struct Moody(pub(crate) Arc<Weather>);

#[async_trait]
impl Outbound for Moody {
    async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        let (weather, dice) = (&self.0, &self.0.dice);
        for _ in 0..dice.below(4) {
            tokio::task::yield_now().await;
        }
        let is_calm = weather.is_calm.load(Ordering::SeqCst);
        if weather.is_down.load(Ordering::SeqCst) && !is_calm {
            return Err(OutboundError::TimedOut);
        }
        let mood = if is_calm { 0 } else { dice.below(40) };
        if mood > 28 {
            return Ok(Answer { status: 500, retry_after: None, body: Vec::new() });
        }
        // Of some that it has, nobody hears that.
        let is_heard = mood != 28;
        weather.seen.lock().unwrap().accept(&request, is_heard);
        let answer = Answer { status: 200, retry_after: None, body: Vec::new() };
        is_heard.then_some(answer).ok_or(OutboundError::TimedOut)
    }
}
