//! One call made with a connection's key.

mod admission;
mod approving;

pub(crate) use admission::Admission;

use crate::app::App;
use crate::approval::{Along, Approved, Run};
use crate::edge::Arrival;
use crate::owner::{in_address, presented};
use crate::problem::Problem;
use crate::site::door_of_apps;
use axum::extract::FromRequestParts;
use domain::access::{Action, Actions, Item, Resource, Scope};
use domain::collection::CollectionName;
use domain::connection::{Connection, gate};
use domain::error::Refusal;
use domain::filter::Shelves;
use domain::id::{ConnectionId, OwnerId, RequestId};
use domain::key::{GenuineKey, Holder};
use domain::limits::{self, Settled, Standing, Windows};
use domain::operation::Operation;
use domain::shelf::{Entity, Shelf, Source, Writer};
use domain::table::Taken;
use domain::token::AccessToken;
use domain::{Error, Result, schema};
use futures_util::future::{join, join_all};
use http::request::Parts;
use http::{HeaderValue, header};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::OnceCell;

/// The key is genuine, which cost no store call; whether it still holds is asked at the same time as the data is
/// read, so that both together are one round trip. Clones are the same call.
#[derive(Clone)]
pub struct Call(Arc<Inner>);

struct Inner {
    app: App,
    holder: Holder,
    /// The most that it may do, if it came with an access token.
    token: Option<Actions>,
    in_address: bool,
    /// It is done by its owner's word, not with its key.
    is_run: bool,
    approved: OnceLock<Approved>,
    along: OnceLock<Along>,
    /// By which name it was sent here.
    host: Option<HeaderValue>,
    at: Timestamp,
    request: RequestId,
    admission: OnceCell<Admission>,
    /// Where its limits stand, if it took more than its own place.
    more: OnceLock<(Settled, Standing)>,
    /// What a face with one path for everything calls this.
    name: OnceLock<String>,
    refusal: OnceLock<Problem>,
    /// What of it was denied by itself, while the rest was done.
    denied: Mutex<Vec<Problem>>,
}

impl Call {
    pub(crate) async fn of(app: &App, parts: &Parts, token: &str, in_address: bool) -> Result<Self> {
        let keys = app.keys.signing().await?;
        let Arrival { at, request, call, .. } = Arrival::of(parts)?;
        let (key, token) = if AccessToken::is_meant_by(token) {
            let genuine = keys.and_then(|keys| AccessToken::parse(token, keys));
            let token = genuine.ok_or(Error::Unauthenticated(Refusal::Mistyped))?;
            usable(&token, app, parts, *at, in_address).map_err(Error::Unauthenticated)?;
            (token.key, Some(token.actions))
        } else {
            let key = keys.and_then(|keys| GenuineKey::parse(token, keys));
            (key.ok_or(Error::Unauthenticated(GenuineKey::refusal(token)))?, None)
        };
        let host = parts.headers.get(header::HOST).cloned();
        let inner = Inner { token, in_address, host, ..Inner::new(app, key.holder(), *at, *request) };
        Ok(call.get_or_init(|| Self(Arc::new(inner))).clone())
    }

    /// One that came by an address which was given to this holder of a key, to do no more than that address is for.
    pub(crate) fn by_address(
        app: &App,
        parts: &Parts,
        holder: Holder,
        token: Option<Actions>,
    ) -> Result<Self> {
        let Arrival { at, request, call, .. } = Arrival::of(parts)?;
        let inner = Inner { token, ..Inner::new(app, holder, *at, *request) };
        Ok(call.get_or_init(|| Self(Arc::new(inner))).clone())
    }

    /// By which key it came, and the most that it may do, if that was an access token's.
    pub(crate) fn came_by(&self) -> (&Holder, Option<Actions>) {
        (&self.0.holder, self.0.token)
    }

    pub fn owner(&self) -> OwnerId {
        self.0.holder.owner
    }

    /// What it may read of a noun, once it was admitted.
    pub(crate) fn reads<T: Item>(&self) -> Option<Scope<'_>> {
        let connection = self.admitted()?.record.as_ref().ok()?;
        connection.decide(Action::Read, T::RESOURCE, self.0.at).ok()
    }

    pub fn connection(&self) -> ConnectionId {
        self.0.holder.connection
    }

    pub fn request(&self) -> RequestId {
        self.0.request
    }

    /// When it came in.
    pub fn at(&self) -> Timestamp {
        self.0.at
    }

    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// Where this Larder is reached, for links.
    pub(crate) fn origin(&self) -> String {
        self.0.app.site.origin_of(self.0.host.as_ref())
    }

    pub fn shelf<T: Entity>(&self) -> Shelf<'_, T> {
        Shelf::new(&*self.0.app.table, self.owner())
    }

    /// Where its lists are read: those of a collection, if one is named.
    pub(crate) fn shelves<'a>(&'a self, within: Option<&'a CollectionName>) -> Shelves<'a> {
        Shelves { table: &*self.0.app.table, owner: self.owner(), at: self.at(), within }
    }

    /// Runs `meanwhile` while the connection's record is fetched and the call is counted; its result is thrown away
    /// unless the connection may do this. The scope says to which items and fields.
    pub async fn may<T>(
        &self,
        operation: &Operation,
        meanwhile: impl Future<Output = Result<T>>,
    ) -> Result<(Scope<'_>, T), Problem> {
        let (admitted, found) = join(self.admission(), meanwhile).await;
        let scope = admitted?.allows(operation, self.0.at)?;
        Ok((scope, found?))
    }

    /// What the connection may do, now that it was admitted.
    pub async fn scope(&self, action: Action, resource: Resource) -> Result<Result<Scope<'_>>, Problem> {
        Ok(self.admission().await?.decide(action, resource, self.0.at))
    }

    /// The connection, if its key holds. Asked and counted once per call, however often this is called.
    pub async fn admission(&self) -> Result<&Connection, Problem> {
        self.0.admission.get_or_init(|| self.0.admit()).await.record.as_deref().map_err(Problem::from)
    }

    /// Takes its place at the gate for each of so many things that it does besides, as if they were calls; refused are
    /// the last of them, where there is no room for all.
    pub(crate) async fn take_more(&self, count: usize) -> Vec<Result<()>> {
        let Inner { app, holder: Holder { owner, connection, key }, in_address, at, .. } = &*self.0;
        if self.0.is_run {
            // Its owner's word goes before its limits.
            return (0..count).map(|_| Ok(())).collect();
        }
        let row = schema::rate(*owner, *connection);
        let claim = gate::claim(key, *in_address, *at);
        let taken = join_all((0..count).map(|_| app.table.take(&row, &claim))).await;
        let used = |taken: &Taken| {
            let (name, _) = claim.counters.first()?;
            Some((!taken.is_taken, taken.counters.get(name).copied()))
        };
        let last = taken.iter().flatten().max_by_key(|taken| used(taken));
        let standing = last.map(|taken| Standing::of(Windows::at(*at), &taken.counters));
        if let (Some(taken), Some(standing)) = (last, &standing) {
            let call = limits::Call { owner: *owner, connection: *connection, at: *at };
            let _ = self.0.more.set((Settled::of(call, taken, standing), standing.clone()));
        }
        let full = || standing.as_ref().and_then(Standing::reached).map_or(Error::Busy, Error::Limited);
        let place =
            |taken: Result<Taken>| taken.and_then(|it| if it.is_taken { Ok(()) } else { Err(full()) });
        let mut places: Vec<_> = taken.into_iter().map(place).collect();
        places.sort_by_key(Result::is_err);
        places
    }

    /// What is to be noted of its limits, and where they stand.
    pub(crate) fn standing(&self) -> (impl Iterator<Item = &Settled>, Option<&Standing>) {
        let admission = self.admitted();
        let more = self.0.more.get();
        let settled = admission.and_then(|it| it.settled.as_ref()).into_iter().chain(more.map(|(it, _)| it));
        (settled, more.map(|(_, it)| it).or_else(|| admission.and_then(|it| it.standing.as_ref())))
    }

    pub(crate) fn admitted(&self) -> Option<&Admission> {
        self.0.admission.get()
    }

    /// Names what is called, where the path does not; one of few names, because each is counted.
    pub fn set_name(&self, name: String) {
        let _ = self.0.name.set(name);
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.0.name.get().map(String::as_str)
    }

    /// Keeps what was refused in a protocol that has its own way to say so.
    pub fn set_refusal(&self, problem: Problem) {
        let _ = self.0.refusal.set(problem);
    }

    pub fn refusal(&self) -> Option<&Problem> {
        self.0.refusal.get()
    }

    /// Keeps what was denied of a call that does many things.
    pub(crate) fn add_denied(&self, problem: Problem) {
        self.0.denied.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    pub(crate) fn take_denied(&self) -> Vec<Problem> {
        std::mem::take(&mut *self.0.denied.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn writer(&self) -> Writer {
        let source = Source::of(Some(self.0.holder.connection), self.0.request);
        Writer { at: self.0.at, source, op: self.0.app.op() }
    }
}

/// Whether it may be used here and now, as far as it says so itself.
fn usable(
    token: &AccessToken,
    app: &App,
    parts: &Parts,
    at: Timestamp,
    in_address: bool,
) -> Result<(), Refusal> {
    match () {
        () if in_address => Err(Refusal::InAddress),
        () if token.until <= at => Err(Refusal::TokenOver),
        () if door_of_apps(parts.uri.path()).is_none()
            || !token.is_for(&app.site.resource(&parts.headers)) =>
        {
            Err(Refusal::OtherAudience)
        }
        () => Ok(()),
    }
}

impl Inner {
    fn new(app: &App, holder: Holder, at: Timestamp, request: RequestId) -> Self {
        Self {
            app: app.clone(),
            holder,
            token: None,
            in_address: false,
            host: None,
            is_run: false,
            approved: OnceLock::new(),
            along: OnceLock::new(),
            at,
            request,
            admission: OnceCell::new(),
            more: OnceLock::new(),
            name: OnceLock::new(),
            refusal: OnceLock::new(),
            denied: Mutex::default(),
        }
    }
}

impl FromRequestParts<App> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(run) = parts.extensions.get::<Run>() {
            return Ok(Self::run(app, parts, run)?);
        }
        if let Some(token) = presented(&parts.headers) {
            return Ok(Self::of(app, parts, token, false).await?);
        }
        let (token, rest) = in_address(&parts.uri).ok_or(Error::Unauthenticated(Refusal::NoKey))?;
        // Nobody behind this sees the key.
        parts.uri = rest;
        Ok(Self::of(app, parts, &token, true).await?)
    }
}
