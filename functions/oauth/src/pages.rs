//! The pages that an owner sees.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use domain::access::{Action, Actions, Resource};
use http::{HeaderName, HeaderValue, StatusCode, header};
use web::Problem;

#[derive(Template)]
#[template(path = "onward.html")]
pub(crate) struct Onward<'a> {
    said: &'a str,
    to: &'a str,
}

pub(crate) fn onward<'a>(said: &'a str, to: &'a str) -> Onward<'a> {
    Onward { said, to }
}

/// Where nothing more can be done; nobody is sent anywhere.
#[derive(Template)]
#[template(path = "stopped.html")]
pub(crate) struct Stopped<'a> {
    pub(crate) said: &'a str,
}

#[derive(Template)]
#[template(path = "sign_in_first.html")]
pub(crate) struct SignInFirst {
    /// Where browsers go to sign in, and come back from.
    pub(crate) place: Option<String>,
    /// Whether they sign in by a link that is printed here.
    pub(crate) by_link: bool,
}

#[derive(Template)]
#[template(path = "consent.html")]
pub(crate) struct Consent<'a> {
    pub(crate) app: &'a str,
    /// Whom the owner is sent back to.
    pub(crate) place: &'a str,
    /// Whose word for the app's name there is, besides its own.
    pub(crate) document: Option<&'a str>,
    pub(crate) actions: Actions,
    pub(crate) used_before: Option<Before>,
    pub(crate) request: &'a str,
}

/// A connection that this app was let in through before.
pub(crate) struct Before {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) may: Vec<String>,
}

impl Consent<'_> {
    fn wanted(&self) -> Vec<&'static str> {
        self.actions.iter().map(verb).collect()
    }

    fn columns(&self) -> Vec<Action> {
        self.actions.iter().collect()
    }

    fn changes(&self) -> bool {
        self.actions != [Action::Read].into()
    }

    fn rows(&self) -> Vec<(Resource, &'static str)> {
        DATA.to_vec()
    }
}

/// What can be given, in the owner's words.
pub(crate) const DATA: [(Resource, &str); 7] = [
    (Resource::Profile, "Profile"),
    (Resource::Preferences, "Preferences"),
    (Resource::LifeAreas, "Life areas"),
    (Resource::Goals, "Goals"),
    (Resource::Tasks, "Tasks"),
    (Resource::Memories, "Memories"),
    (Resource::Collections, "Collections"),
];

pub(crate) fn verb(action: Action) -> &'static str {
    match action {
        Action::Read => "see",
        Action::Write => "add and change",
        Action::Delete => "delete",
    }
}

/// How a page is answered.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    /// Where its form may lead, besides here.
    pub(crate) leads_to: String,
}

impl Default for Page {
    fn default() -> Self {
        Self { status: StatusCode::OK, leads_to: String::new() }
    }
}

impl Page {
    pub(crate) fn show(self, page: &impl Template) -> Result<Response, Problem> {
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}",
            self.leads_to
        );
        // Not `no-referrer`: with that, a browser hides from us, too, that its form is our own.
        let headers = [
            (HeaderName::from_static("content-security-policy"), policy.parse().map_err(Problem::internal)?),
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        ];
        let page = page.render().map_err(Problem::internal)?;
        Ok((self.status, headers, Html(page)).into_response())
    }
}

pub(crate) fn stopped(said: &str) -> Result<Response, Problem> {
    Page { status: StatusCode::BAD_REQUEST, ..Page::default() }.show(&Stopped { said })
}
