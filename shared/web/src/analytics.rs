//! What an owner's data tells, of what a call may read: whoever may list a kind of items may be told of them.

use crate::call::Call;
use crate::problem::Problem;
use domain::access::{Action, Item as _, Resource, Scope, Shown};
use domain::analytics::{Daily, Period, Progress, SeenGoal, SeenTask, Tally};
use domain::id::Me;
use domain::noun::Noun;
use domain::profile::Profile;
use domain::table::Row;
use domain::task::Task;
use domain::zone::Zone;
use domain::{Error, Result, calendar};
use futures_util::future::join;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub struct Analytics<'a>(pub &'a Call);

/// How many items of each kind are looked through, the newest first.
const MOST_ITEMS: usize = 5_000;
const ITEMS_IN_A_READ: usize = 1_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// By whose clocks days begin and end; if it is absent, the owner's, as far as they may be read, else UTC.
    time_zone: Option<Zone>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressParams {
    /// How many days, today included.
    period: Period,
    /// By whose clocks days begin and end; if it is absent, the owner's, as far as they may be read, else UTC.
    time_zone: Option<Zone>,
}

/// How many there are of what; a kind that may not be listed is absent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Stats {
    /// By status.
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<Tally>,
}

/// The items of one kind, as the caller sees them.
struct Sight<S> {
    items: Vec<S>,
    at_least: bool,
}

impl Analytics<'_> {
    pub async fn stats(&self) -> Result<Stats, Problem> {
        #[derive(Deserialize)]
        struct OfStatus {
            status: Option<String>,
        }
        let tasks = self.look::<Task, OfStatus>().await??;
        let tally = Tally::of(tasks.items.into_iter().map(|task| task.status));
        Ok(Stats { tasks: Some(Tally { at_least: tasks.at_least, ..tally }) })
    }

    pub async fn progress(&self, params: ProgressParams) -> Result<Progress, Problem> {
        let (tasks, zone) = join(self.look::<Task, SeenTask>(), self.zone(params.time_zone)).await;
        let (Sight { items, at_least }, zone) = (tasks??, zone?);
        Ok(Progress { at_least, ..Progress::of(&items, params.period, self.0.at(), &zone) })
    }

    pub async fn daily(&self, date: Date, place: Place) -> Result<Daily, Problem> {
        let (tasks, zone) = join(self.look::<Task, SeenTask>(), self.zone(place.time_zone)).await;
        let (Sight { items, at_least }, zone) = (tasks??, zone?);
        let goals: Vec<SeenGoal> = Vec::new();
        Ok(Daily { at_least, ..Daily::of(date, &zone, &items, &goals) })
    }

    pub async fn calendar(&self) -> Result<String, Problem> {
        let (tasks, zone) = join(self.look::<Task, SeenTask>(), self.zone(None)).await;
        Ok(calendar::feed(&tasks??.items, self.0.at(), &zone?))
    }

    /// By whose clocks days begin and end: whose the caller says, else the owner's, as far as the caller may know them.
    async fn zone(&self, said: Option<Zone>) -> Result<Zone, Problem> {
        let Self(call) = self;
        let (None, shelf) = (&said, call.shelf::<Profile>()) else { return Ok(said.unwrap_or(Zone::UTC)) };
        let (admitted, profile) = join(call.admission(), shelf.some([Me::Me])).await;
        let Ok(scope) = admitted?.decide(Action::Read, Resource::Profile, call.at()) else {
            return Ok(Zone::UTC);
        };
        let profile = profile?.into_iter().flatten().next();
        let shows = |profile: &Profile| scope.of(&profile.subject()).is_some_and(|it| it.shows("time_zone"));
        Ok(Profile::zone(profile.filter(shows).as_ref()))
    }

    /// What the caller sees of one kind; the inner error says why it may not.
    async fn look<T: Noun, S: DeserializeOwned>(&self) -> Result<Result<Sight<S>>, Problem> {
        let Self(call) = self;
        let (table, all) = (&*call.app().table, T::all(call.owner()).newest_first());
        let first = all.clone().page(None, ITEMS_IN_A_READ);
        let (admitted, read) = join(call.admission(), table.query(&first)).await;
        let scope = match admitted?.allows(&T::DOES.list, call.at()) {
            Ok(scope) => scope,
            Err(error) => return Ok(Err(error)),
        };
        let (mut items, mut page, mut looked) = (Vec::new(), read?, 0);
        loop {
            looked += page.rows.len();
            let seen = page.rows.iter().filter_map(|row| {
                // A row that another version of Larder wrote must not hide all others.
                let seen = seen::<T, S>(row, &scope);
                seen.inspect_err(|error| tracing::error!(%error, "a row is left out")).ok().flatten()
            });
            items.extend(seen);
            if page.next.is_none() || looked >= MOST_ITEMS {
                return Ok(Ok(Sight { items, at_least: page.next.is_some() }));
            }
            page = table.query(&all.clone().page(page.next, ITEMS_IN_A_READ)).await?;
        }
    }
}

/// `None` if the item is not there for this caller.
fn seen<T: Noun, S: DeserializeOwned>(row: &Row, scope: &Scope<'_>) -> Result<Option<S>> {
    let unreadable = |error: serde_json::Error| Error::unreadable(&row.key, &error);
    if scope.is_whole() {
        return serde_json::from_str(&row.body).map(Some).map_err(unreadable);
    }
    let item: T = serde_json::from_str(&row.body).map_err(unreadable)?;
    let Some(shown) = Shown::of(item, scope)? else { return Ok(None) };
    serde_json::from_value(Value::Object(shown.fields()?)).map(Some).map_err(unreadable)
}
