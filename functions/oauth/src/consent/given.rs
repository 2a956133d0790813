//! The owner's answer: a connection, made or used again, and a code that the app trades for tokens.

use super::{Asked, back, is_usable};
use crate::form::Form;
use crate::pages::DATA;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use domain::Error;
use domain::access::{Action, Actions, Grant, Rule};
use domain::audit::{Entry, Outcome};
use domain::connection::{Config, Connection, Face, Kind, Name, NewConnection, NewKey};
use domain::consent::Code;
use domain::id::{ConnectionId, OwnerId};
use domain::key::GenuineKey;
use domain::limits::LimitsPatch;
use domain::shelf::{Entity as _, Shelf, Writer};
use domain::table::{Expect, Write};
use domain::token::{self, CODE_LIFE, Handle};
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret as _;
use web::{App, ByOwner, Owner, Problem, Witness};

/// How often it is tried again where something else was written at the same time.
const TRIES: usize = 3;

pub(crate) async fn given(
    State(app): State<App>,
    owner: Owner,
    ByOwner(by): ByOwner,
    witness: Witness,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let form = Form::of(&headers, body).map_err(|refused| Problem::invalid("", refused.description))?;
    let asked = Asked::open(form.get("request").unwrap_or_default(), &app, *owner).await?;
    let asked = asked.ok_or_else(page_over)?;
    let told = |name, value: &str| {
        back(&asked.redirect_uri, &[(name, value), ("iss", &asked.issuer)], asked.state.as_deref())
    };
    if form.get("decision") != Some("allow") {
        return told("error", "access_denied");
    }
    let code = match form.get("connection").filter(|chosen| *chosen != "new") {
        Some(id) => {
            Giving { app: &app, owner: *owner, by, asked: &asked }
                .again(id, form.get("ask").is_some())
                .await?
        }
        None => Giving { app: &app, owner: *owner, by, asked: &asked }.anew(&form).await?,
    };
    let entry = witness.entry("app.authorized", Outcome::Done);
    let target = Some(asked.to.host.clone());
    witness.saw(*owner, Entry { connection: Some(code.connection), target, ..entry }).await;
    let keys = app.keys.signing_or_make(app.op()).await?;
    told("code", code.text(token::Kind::Code, keys).expose_secret())
}

fn page_over() -> Problem {
    let detail = "This page is over. Go back to the app and try again.";
    Problem::new(StatusCode::BAD_REQUEST, "page-over", "The page is over", detail)
}

struct Giving<'a> {
    app: &'a App,
    owner: OwnerId,
    by: Writer,
    asked: &'a Asked,
}

impl Giving<'_> {
    /// Through a connection of its own, with what was left checked.
    async fn anew(&self, form: &Form) -> Result<Handle, Problem> {
        let grant = chosen(form, self.asked.actions);
        if grant.0.is_empty() {
            return Err(Problem::invalid("", "nothing is checked: choose what the app may do, or say no"));
        }
        let name = form.get("name").unwrap_or(&self.asked.to.app).to_owned();
        let name = Name::try_from(name).map_err(|fault| Problem::invalid("name", fault))?;
        let id = self.asked.connection;
        let connection = self.connection(id, name, grant)?;
        let (code, put) = self.code(id, connection.actions())?;
        let store = async |connection: Connection| {
            let (_, mut writes) = connection.opening(&*self.app.table, self.owner)?;
            writes.push(put.clone());
            self.app.table.transact(writes, self.app.op()).await
        };
        let done = match store(connection.clone()).await {
            Err(Error::Conflict) => store(connection.with_slug_of_its_own()).await,
            done => done,
        };
        match done {
            // It was pressed before.
            Err(Error::Conflict) => Err(page_over()),
            done => Ok(done.map(|()| code)?),
        }
    }

    /// As any other, but for a key that nobody is told.
    fn connection(&self, id: ConnectionId, name: Name, grant: Grant) -> Result<Connection, Problem> {
        // Whose owner wants to be asked is asked by us: an app that answers for him is none that asks.
        let asks = grant.0.iter().any(|rule| rule.ask);
        let config = asks.then(|| ("ask_in".to_owned(), "dashboard".into())).into_iter().collect();
        let settings = NewConnection {
            kind: Kind::Mcp,
            name,
            slug: None,
            description: None,
            tags: domain::connection::Tags::default(),
            preset: None,
            grant: Some(grant),
            limits: LimitsPatch::default(),
            expires_at: None,
            activity_days: None,
            config,
        };
        let settings = settings.checked(self.by.at)?;
        let Config::Mcp(config) = settings.config.clone() else {
            return Err(Problem::internal("an MCP connection of another kind"));
        };
        let key = GenuineKey::issue(self.owner, id, self.app.entropy.bytes());
        let key = NewKey { hash: key.hash(), ends_with: String::new() };
        Ok(Connection::new(id, self.owner, settings, Face::Mcp { config }, key, &self.by))
    }

    /// Through one that it was let in through before, as that is, or asking from now on.
    async fn again(&self, id: &str, asks: bool) -> Result<Handle, Problem> {
        let gone = || Problem::invalid("connection", "this app was not let in through it before");
        let id: ConnectionId = id.parse().map_err(|_| gone())?;
        for _ in 0..TRIES {
            let connection = Shelf::<Connection>::new(&*self.app.table, self.owner).get(id).await?;
            if !is_usable(&connection, &self.asked.to.client, self.by.at) {
                return Err(gone());
            }
            let (code, put) = self.code(id, connection.actions())?;
            let mut writes = self.kept(connection, asks)?;
            writes.push(put);
            match self.app.table.transact(writes, self.app.op()).await {
                Err(Error::Conflict) => {}
                done => return Ok(done.map(|()| code)?),
            }
        }
        Err(Error::Conflict.into())
    }

    /// What makes the connection ask, if it shall and does not; else what fails if it changed since it was looked at.
    fn kept(&self, connection: Connection, asks: bool) -> Result<Vec<Write>, Error> {
        let asking = if asks { connection.clone().asking() } else { connection.clone() };
        if !asking.says_the_same_as(&connection)? {
            return Ok(asking.rewriting(&connection, &*self.app.table, self.owner, &self.by)?.1);
        }
        let key = Connection::key(self.owner, connection.id);
        Ok(vec![Write::Check { key, version: connection.version }])
    }

    fn code(&self, id: ConnectionId, allowed: Actions) -> Result<(Handle, Write), Problem> {
        let Asked { to, redirect_uri, challenge, resource, actions, .. } = self.asked;
        let handle = Handle::issue(self.owner, id, self.app.entropy.bytes(), self.app.entropy.bytes());
        let code = Code {
            hash: handle.hash(),
            to: to.clone(),
            redirect_uri: redirect_uri.clone(),
            challenge: challenge.clone(),
            resource: resource.clone(),
            actions: actions.shared_with(allowed),
            until: self.by.at + CODE_LIFE,
            used: None,
        };
        Ok((handle, Write::Put(code.put(self.owner, id, Expect::Absent)?)))
    }
}

/// What was left checked of what was asked for.
fn chosen(form: &Form, asked: Actions) -> Grant {
    let rules = DATA.iter().map(|(resource, _)| {
        let checked = |action: &_| form.get(&format!("{resource}.{action}")).is_some();
        let actions: Actions = asked.iter().filter(checked).collect();
        let ask = form.get("ask").is_some() && actions != [Action::Read].into();
        Rule { ask, ..Rule::whole(*resource, actions) }
    });
    Grant(rules.filter(|rule| !rule.actions.is_empty()).collect())
}
