//! What a grant would let a connection see and do, asked before it is saved.

use axum::Json;
use axum::extract::State;
use domain::access::{Action, Ask, Grant, Item, Preset, Resource, Rule, Scope, Shown};
use domain::change::{TOLD, events};
use domain::collection::Collection;
use domain::connection::{Config, Connection, NewConnection};
use domain::goal::Goal;
use domain::id::{ConnectionId, OwnerId};
use domain::life_area::LifeArea;
use domain::memory::Memory;
use domain::operation::{self, Operation};
use domain::preferences::Preferences;
use domain::profile::Profile;
use domain::record::Record;
use domain::shelf::Shelf;
use domain::task::Task;
use domain::{Error, access};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use web::{App, At, Body, Owner, Params, Problem};

/// How many items are looked at to count those that are seen.
const MOST_COUNTED: usize = 2_000;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Preview {
    tools: Vec<&'static str>,
    endpoints: Vec<Endpoint>,
    events: Vec<String>,
    resources: Vec<Sight>,
}

#[derive(Serialize, JsonSchema)]
struct Endpoint {
    method: &'static str,
    path: &'static str,
}

/// What is seen of one kind of data.
#[derive(Serialize, JsonSchema)]
struct Sight {
    resource: Resource,
    actions: Vec<Action>,
    /// Which of these wait until you have said yes, for some of it at least.
    asks_first: Vec<Action>,
    items: usize,
    /// There may be more; no more were counted.
    at_least: bool,
    hidden_fields: Vec<&'static str>,
    /// Some of it holds only at times; shown is what is seen then.
    at_times: bool,
    /// One item as the connection would get it, its texts cut short.
    sample: Option<Map<String, Value>>,
}

/// Another grant for a connection that there is: `grant` as JSON, or `preset`; its own, if neither is given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instead {
    grant: Option<String>,
    preset: Option<Preset>,
}

pub(crate) async fn of_new(
    State(app): State<App>,
    owner: Owner,
    Body(new): Body<NewConnection>,
) -> Result<Json<Preview>, Problem> {
    let now = app.clock.now();
    let settings = new.checked(now)?;
    // It has made nothing yet, so nothing is its own.
    let nobody = ConnectionId::from_bytes([0; 16]);
    preview(&app, *owner, settings.grant, nobody, &settings.config).await.map(Json)
}

pub(crate) async fn of_one(
    State(app): State<App>,
    owner: Owner,
    At(id): At<ConnectionId>,
    Params(instead): Params<Instead>,
) -> Result<Json<Preview>, Problem> {
    let connection = Shelf::<Connection>::new(&*app.table, *owner).get(id).await?;
    let grant = instead.grant()?.unwrap_or_else(|| connection.grant.clone());
    preview(&app, *owner, grant, id, &connection.face.choices()).await.map(Json)
}

impl Instead {
    fn grant(self) -> Result<Option<Grant>, Problem> {
        match self {
            Self { grant: Some(_), preset: Some(_) } => {
                Err(Problem::invalid("?grant", "give either `grant` or `preset`, not both"))
            }
            Self { grant: Some(text), .. } => {
                let json = serde_json::from_str(&text);
                let json = json.map_err(|error| Problem::invalid("?grant", error.to_string()))?;
                let grant = domain::fit::fit(json, "/grant")?;
                access::checked(&grant)?;
                Ok(Some(grant))
            }
            Self { preset, .. } => Ok(preset.map(Preset::grant)),
        }
    }
}

async fn preview(
    app: &App,
    owner: OwnerId,
    grant: Grant,
    by: ConnectionId,
    config: &Config,
) -> Result<Preview, Problem> {
    let at_times = |resource| grant.0.iter().any(|rule| rule.resource == resource && rule.when.is_some());
    let at_times = Resource::ALL.into_iter().filter(|resource| at_times(*resource)).collect::<Vec<_>>();
    // What is closed now is open at another time, and that is what is asked.
    let grant = Grant(grant.0.into_iter().map(|rule| Rule { when: None, ..rule }).collect());
    let at = app.clock.now();
    let decide = |action, resource| access::decide(&grant, Ask { by, action, resource, at }).ok();
    let may = |one: &Operation| config.offers(one.tool) && decide(one.action, one.resource).is_some();
    let is_allowed = |operation: &&Operation| config.offers(operation.tool) && operation.needs().any(may);
    let allowed: Vec<_> = operation::all().filter(is_allowed).collect();
    let mut resources = Vec::new();
    for resource in Resource::ALL {
        let actions: Vec<_> =
            Action::ALL.into_iter().filter(|action| decide(*action, resource).is_some()).collect();
        if !actions.is_empty() {
            let asks = |action: &Action| decide(*action, resource).is_some_and(|scope| scope.may_ask());
            let asks_first = actions.iter().copied().filter(asks).collect();
            let mut sight = Sight::of(resource, actions, asks_first, at_times.contains(&resource));
            if let Some(scope) = decide(Action::Read, resource) {
                sight.look_at_each(app, owner, &scope).await?;
            }
            resources.push(sight);
        }
    }
    let told = TOLD.into_iter().filter(|told| decide(Action::Read, *told).is_some());
    Ok(Preview {
        tools: allowed.iter().filter(|one| one.is_tool()).map(|one| one.tool).collect(),
        endpoints: allowed.iter().map(|Operation { method, path, .. }| Endpoint { method, path }).collect(),
        events: told.flat_map(events).filter(|event| config.asks_for(event)).collect(),
        resources,
    })
}

impl Sight {
    const fn of(resource: Resource, actions: Vec<Action>, asks_first: Vec<Action>, at_times: bool) -> Self {
        Self {
            resource,
            actions,
            asks_first,
            items: 0,
            at_least: false,
            hidden_fields: Vec::new(),
            at_times,
            sample: None,
        }
    }

    /// The one place that knows which nouns a resource is of.
    async fn look_at_each(&mut self, app: &App, owner: OwnerId, scope: &Scope<'_>) -> Result<(), Problem> {
        match self.resource {
            Resource::Profile => self.look::<Profile>(app, owner, scope).await,
            Resource::Preferences => self.look::<Preferences>(app, owner, scope).await,
            Resource::Tasks => self.look::<Task>(app, owner, scope).await,
            Resource::Goals => self.look::<Goal>(app, owner, scope).await,
            Resource::LifeAreas => self.look::<LifeArea>(app, owner, scope).await,
            Resource::Memories => self.look::<Memory>(app, owner, scope).await,
            Resource::Collections => {
                self.look::<Record>(app, owner, scope).await?;
                self.look::<Collection>(app, owner, scope).await
            }
            _ => Ok(()),
        }
    }

    async fn look<T: Item>(&mut self, app: &App, owner: OwnerId, scope: &Scope<'_>) -> Result<(), Problem> {
        let hidden = |name: &&&str| !scope.shows(name);
        self.hidden_fields = self.resource.fields().iter().filter(hidden).copied().collect();
        let shelf = Shelf::<T>::new(&*app.table, owner);
        let (mut after, mut looked) = (None, 0);
        loop {
            let listing = shelf.list(after, 100).await?;
            looked += listing.items.len();
            for item in listing.items {
                if scope.of(&item.subject()).is_none() {
                    continue;
                }
                self.items += 1;
                if self.sample.is_none() {
                    self.sample = Shown::of(item, scope)?.map(redacted).transpose()?;
                }
            }
            after = listing.next;
            if after.is_none() || looked >= MOST_COUNTED {
                self.at_least |= after.is_some();
                return Ok(());
            }
        }
    }
}

/// Enough to recognise it, too little to read it.
fn redacted<T: Item>(shown: Shown<T>) -> Result<Map<String, Value>, Error> {
    let mut fields = shown.fields()?;
    for name in T::FREE_TEXT {
        fields.get_mut(*name).into_iter().for_each(redact);
    }
    Ok(fields)
}

fn redact(value: &mut Value) {
    match value {
        Value::String(text) => *text = cut(text),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => fields.values_mut().for_each(redact),
        _ => {}
    }
}

/// Three characters at most, and never more than half of it.
fn cut(text: &str) -> String {
    let most = (text.chars().count() / 2).min(3);
    text.chars().take(most).chain(['…']).collect()
}
