//! Backups of what a connection may read: begun by it, made part by part by whoever waits, and fetched by a link.

use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use domain::Error;
use domain::backup::{self, Backup, Status};
use domain::id::{BackupId, ConnectionId, OwnerId};
use domain::moving::NOUNS;
use domain::operation::BACKUP_USER_DATA;
use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Of the connection that calls.
pub struct Backups<'a>(pub &'a Call);

/// How many parts one call makes that does not wait for one after the other: about a second.
const MOST_PARTS: usize = 20;

/// For how long a link holds; there is a new one for the asking.
const LINK_LIVES: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupParams {
    /// Only these lists; all that you may read, if it is absent.
    #[serde(default)]
    #[schemars(schema_with = "lists")]
    include: Option<Vec<String>>,
    /// Goes on with this backup, which was begun before.
    #[serde(default)]
    pub id: Option<BackupId>,
}

fn lists(_: &mut SchemaGenerator) -> Schema {
    let names = NOUNS.map(|noun| noun.name);
    json_schema!({ "type": ["array", "null"], "items": { "enum": names } })
}

/// How far a backup is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BackedUp {
    pub id: BackupId,
    pub status: Status,
    /// How many items are in it so far.
    pub items: u64,
    /// What there is to do.
    pub message: String,
    /// Where its first part is fetched, without a key, within an hour; absent until it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Until then it is kept.
    pub until: Timestamp,
}

/// What a link leads to, and for how long.
#[derive(Serialize, Deserialize)]
struct Leads {
    owner: OwnerId,
    connection: ConnectionId,
    id: BackupId,
    until: Timestamp,
}

const PLACE: &str = "backup";

impl Backups<'_> {
    /// Begins one, or goes on with one, for as long as a call may take.
    pub async fn run(&self, params: BackupParams) -> Result<BackedUp, Problem> {
        let mut backup = match params.id {
            Some(id) => self.own().await?.find(id).await?,
            None => self.begin(params).await?,
        };
        for _ in 0..MOST_PARTS {
            if backup.status != Status::Working {
                break;
            }
            backup = self.own().await?.step(backup, self.0.at(), self.0.app().op()).await?;
        }
        self.told(&backup).await
    }

    pub async fn begin(&self, params: BackupParams) -> Result<Backup, Problem> {
        let own = self.own().await?;
        let id = BackupId::new(self.0.at(), self.0.app().entropy.bytes());
        Ok(own.begin(id, wanted(params.include)?, self.0.at(), self.0.app().op()).await?)
    }

    /// Makes one part more, and says how far it is.
    pub async fn step(&self, id: BackupId) -> Result<Backup, Problem> {
        let own = self.own().await?;
        Ok(own.step(own.find(id).await?, self.0.at(), self.0.app().op()).await?)
    }

    pub async fn find(&self, id: BackupId) -> Result<Backup, Problem> {
        Ok(self.own().await?.find(id).await?)
    }

    pub async fn cancel(&self, id: BackupId) -> Result<(), Problem> {
        Ok(self.own().await?.cancel(id, self.0.at(), self.0.app().op()).await?)
    }

    pub async fn told(&self, backup: &Backup) -> Result<BackedUp, Problem> {
        let link = if backup.status == Status::Completed { Some(self.link(backup).await?) } else { None };
        let &Backup { id, status, items, .. } = backup;
        Ok(BackedUp { id, status, items, message: message(backup), link, until: backup.until() })
    }

    async fn own(&self) -> Result<backup::Backups<'_>, Problem> {
        let Self(call) = self;
        let connection = call.admission().await?;
        connection.allows(&BACKUP_USER_DATA, call.at())?;
        Ok(backup::Backups { table: &*call.app().table, owner: call.owner(), connection })
    }

    async fn link(&self, backup: &Backup) -> Result<String, Problem> {
        let Self(call) = self;
        let app = call.app();
        let until = backup.until().min(call.at() + LINK_LIVES);
        let leads = Leads { owner: call.owner(), connection: backup.connection, id: backup.id, until };
        let sealed = app.keys.carry(PLACE, &leads, app.op(), app.entropy.bytes()).await?;
        Ok(format!("{}{}/{sealed}", call.origin(), BACKUP_USER_DATA.path))
    }

    /// The part of what a link leads to, and how many there are.
    pub async fn fetch(app: &App, link: &str, number: u32) -> Result<(String, u32), Problem> {
        let unknown = Error::NotFound("backup, or its link is over: ask for it again to get a new one");
        let Some(Leads { owner, connection, id, .. }) = opened(app, link).await? else {
            return Err(unknown.into());
        };
        Ok(Backup::part(&*app.table, (owner, connection, id), number, app.clock.now()).await?)
    }
}

async fn opened(app: &App, link: &str) -> Result<Option<Leads>, Problem> {
    let leads: Option<Leads> = app.keys.carried(PLACE, link).await?;
    Ok(leads.filter(|leads| app.clock.now() < leads.until))
}

fn wanted(include: Option<Vec<String>>) -> Result<Vec<String>, Problem> {
    let all = NOUNS.map(|noun| noun.name);
    let Some(include) = include else { return Ok(all.map(str::to_owned).to_vec()) };
    if let Some(unknown) = include.iter().find(|name| !all.contains(&name.as_str())) {
        let detail = format!("there is no list `{unknown}`; there are {}", all.join(", "));
        return Err(Problem::invalid("/include", detail));
    }
    let is_wanted = |name: &&str| include.iter().any(|one| one == name);
    Ok(all.into_iter().filter(is_wanted).map(str::to_owned).collect())
}

fn message(backup: &Backup) -> String {
    let items = backup.items;
    match backup.status {
        Status::Working => format!("{items} items so far; call again with this `id`"),
        Status::Completed => format!("{items} items in {} parts; each links to the next", backup.parts),
        Status::Failed => "What this connection may do was changed meanwhile; begin another".to_owned(),
        Status::Cancelled => "It was cancelled".to_owned(),
    }
}
