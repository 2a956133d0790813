//! The page on which an owner lets an app in, and decides what it gets.

mod asked;
mod given;

pub(crate) use asked::is_resource;
pub(crate) use given::given;

use crate::client::Client;
use crate::document;
use crate::form::Form;
use crate::pages::{Before, Consent, Page, SignInFirst, stopped, verb};
use crate::redirect;
use crate::refused::Refused;
use crate::sign_in;
use asked::Asked;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::connection::{Connection, Kind, Status};
use domain::consent::ClientName;
use domain::id::OwnerId;
use domain::shelf::Shelf;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use jiff::Timestamp;
use web::{App, Owner, Problem};

const NO_APP: &str = "No app that is known here has sent you. Go back to it and try again.";

pub(crate) async fn show(
    State(app): State<App>,
    owner: Result<Owner, Problem>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let owner = match owner {
        Ok(Owner(owner)) => Some(owner),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => None,
        Err(problem) => return Err(problem),
    };
    let Ok(form) = Form::read(uri.query().unwrap_or_default().as_bytes()) else { return stopped(NO_APP) };
    let Some(id) = form.get("client_id") else { return stopped(NO_APP) };
    let described = document::address(id);
    let registered = app.keys.signing().await?.and_then(|keys| Client::registered(id, keys));
    if registered.is_none() && described.is_none() {
        return stopped(NO_APP);
    }
    let place = form.get("redirect_uri").unwrap_or_default();
    // Nobody is sent, or asked to sign in, for whom the app did not name as its own.
    let wrong_place =
        "The app wants you sent back to where it did not say it would. Nothing was given to it.";
    if registered.as_ref().is_some_and(|client| !client.sends_back_to(place)) {
        return stopped(wrong_place);
    }
    let Some(owner) = owner else {
        let (by_link, place) = (app.identity.cookie().is_some(), sign_in::place(&app, &headers, &uri));
        return Page::default().show(&SignInFirst { by_link, place });
    };
    let document = described.as_ref().and_then(|url| url.host_str().map(str::to_owned));
    let client = match (registered, described) {
        (Some(client), _) => Some(client),
        (None, Some(address)) => document::client(&app, address).await,
        (None, None) => None,
    };
    let Some(client) = client else { return stopped("This app's description could not be read.") };
    if !client.sends_back_to(place) {
        return stopped(wrong_place);
    }
    let asked = match Asked::read(&form, &client, id, place, &app, &headers) {
        Ok(asked) => asked,
        Err(Refused { error, description }) => {
            let issuer = app.site.origin(&headers);
            let told = [("error", error), ("error_description", &description), ("iss", &issuer)];
            return back(place, &told, form.get("state"));
        }
    };
    let request = asked.seal(&app, owner).await?;
    let page = Consent {
        app: &client.name,
        place: &asked.to.host,
        document: document.as_deref(),
        actions: asked.actions,
        used_before: used_before(&app, owner, &asked.to.client).await?.map(before),
        request: &request,
    };
    Page { leads_to: redirect::source(place), ..Page::default() }.show(&page)
}

/// To where the app waits.
pub(crate) fn back(uri: &str, told: &[(&str, &str)], state: Option<&str>) -> Result<Response, Problem> {
    let state = state.map(|state| ("state", state));
    let told: Vec<_> = told.iter().copied().chain(state).collect();
    let to: HeaderValue = redirect::with(uri, &told).parse().map_err(Problem::internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}

/// The newest connection that this app was let in through, and that can be used.
async fn used_before(app: &App, owner: OwnerId, client: &ClientName) -> Result<Option<Connection>, Problem> {
    let now = app.clock.now();
    let all = Shelf::<Connection>::new(&*app.table, owner).all().await?;
    Ok(all.into_iter().find(|connection| is_usable(connection, client, now)))
}

fn is_usable(connection: &Connection, client: &ClientName, now: Timestamp) -> bool {
    connection.face.kind() == Kind::Mcp
        && connection.status == Status::Active
        && connection.expires_at.is_none_or(|end| now < end)
        && connection.consents().iter().any(|consent| consent.to.client == *client)
}

fn before(connection: Connection) -> Before {
    let may = connection.grant.0.iter().map(|rule| {
        let verbs: Vec<_> = rule.actions.iter().map(verb).collect();
        let narrowed = rule.fields.is_some() || rule.only.is_some() || rule.when.is_some();
        let narrowed = if narrowed { " (in part)" } else { "" };
        let asks = if rule.ask { ", but asks you before each change" } else { "" };
        format!("{}: {}{narrowed}{asks}", rule.resource.to_string().replace('_', " "), verbs.join(", "))
    });
    Before { id: connection.id.to_string(), name: connection.name.as_str().to_owned(), may: may.collect() }
}
