//! How a webhook does: whether it is sent to and what was delivered last, with a button for what can be done about it.

use super::{back, page};
use askama::Template;
use axum::response::Response;
use connections::{HealthView, Look, Standing, Webhook};
use domain::connection::{Disabled, Reason};
use domain::delivery::{Attempt, Delivery};
use domain::id::{ConnectionId, EventId};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use web::{Params, Problem, Witness};

#[derive(Template)]
#[template(path = "webhook.html")]
struct Shown<'a> {
    id: ConnectionId,
    name: &'a str,
    target: &'a str,
    said: Option<&'static str>,
    /// Shown this once.
    secret: Option<&'a str>,
    state: String,
    health: &'a HealthView,
    is_sent_to: bool,
    is_over: bool,
    last: Vec<Told>,
}

/// One event, and what became of it.
struct Told {
    id: EventId,
    at: String,
    event: String,
    is_test: bool,
    about: String,
    state: &'static str,
    tries: usize,
    answer: String,
    next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Before {
    #[serde(default)]
    did: Option<Did>,
}

/// What was done on the page before.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Did {
    Paused,
    Resumed,
    Sent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    event: EventId,
}

pub(crate) async fn webhook(webhook: Webhook, Params(before): Params<Before>) -> Result<Response, Problem> {
    show(&webhook.look().await?, before.did.map(Did::said), None)
}

pub(crate) async fn pause(webhook: Webhook) -> Result<Response, Problem> {
    let to = format!("/webhooks/{}?did=paused", webhook.id());
    back(webhook.pause().await.map(|()| to))
}

pub(crate) async fn resume(webhook: Webhook) -> Result<Response, Problem> {
    let to = format!("/webhooks/{}?did=resumed", webhook.id());
    back(webhook.resume().await.map(|()| to))
}

pub(crate) async fn test(webhook: Webhook) -> Result<Response, Problem> {
    let to = format!("/webhooks/{}?did=sent", webhook.id());
    back(webhook.test().await.map(|()| to))
}

pub(crate) async fn send_again(
    webhook: Webhook,
    Params(Which { event }): Params<Which>,
) -> Result<Response, Problem> {
    let to = format!("/webhooks/{}?did=sent", webhook.id());
    back(webhook.send_again(event).await.map(|()| to))
}

pub(crate) async fn send_failed(webhook: Webhook) -> Result<Response, Problem> {
    let to = format!("/webhooks/{}?did=sent", webhook.id());
    back(webhook.send_failed().await.map(|()| to))
}

pub(crate) async fn rotate_secret(webhook: Webhook, witness: Witness) -> Result<Response, Problem> {
    let look = webhook.look().await?;
    match webhook.rotate(witness).await {
        Ok(secret) => show(&look, None, Some(&secret)),
        Err(problem) => back(Err(problem)),
    }
}

fn show(look: &Look, said: Option<&'static str>, secret: Option<&SecretString>) -> Result<Response, Problem> {
    let Look { connection, health, last } = look;
    let hook =
        connection.face.webhook().ok_or_else(|| Problem::internal("a webhook without its settings"))?;
    page(&Shown {
        id: connection.id,
        name: connection.name.as_str(),
        target: hook.target_url.url().as_str(),
        said,
        secret: secret.map(|secret| secret.expose_secret()),
        state: state(health, connection.disabled),
        health,
        is_sent_to: matches!(health.state, Standing::Sending | Standing::Parking),
        is_over: health.state == Standing::Ended,
        last: last.iter().map(Told::of).collect(),
    })
}

/// In a sentence or two.
fn state(health: &HealthView, disabled: Option<Disabled>) -> String {
    let since = health.failing_since.map(|since| format!(" since {}", moment(since))).unwrap_or_default();
    match (health.state, disabled) {
        (Standing::Sending, _) if health.consecutive_failures == 0 => {
            "What happens is sent at once.".to_owned()
        }
        (Standing::Sending, _) => {
            let failures = health.consecutive_failures;
            format!("What happens is sent at once, but nothing was taken{since} ({failures} in a row).")
        }
        (Standing::Parking, _) => {
            let next = health.next_try_at.map(|at| format!(", next at {}", moment(at))).unwrap_or_default();
            let failures = health.consecutive_failures;
            format!(
                "It takes nothing{since} ({failures} in a row). What happens is kept for it and tried now and then{next}."
            )
        }
        (Standing::Disabled, Some(Disabled { at, reason })) => {
            let why = match reason {
                Reason::Failing => "it took nothing for five days",
                Reason::Gone => "its receiver answered that nobody is there any more (410)",
            };
            format!("Larder stopped at {}: {why}. What happens is kept for it, 30 days long.", moment(at))
        }
        (Standing::Paused | Standing::Disabled, _) => {
            "It is paused. What happens is kept for it, 30 days long.".to_owned()
        }
        (Standing::Ended, _) => "It was revoked, or is at its end.".to_owned(),
    }
}

impl Did {
    const fn said(self) -> &'static str {
        match self {
            Self::Paused => "Paused: nothing more is sent.",
            Self::Resumed => "Resumed: what was kept is sent, oldest first.",
            Self::Sent => "On its way: what becomes of it is below in a moment.",
        }
    }
}

impl Told {
    fn of(delivery: &Delivery) -> Self {
        let Delivery { id, event, at, about, from, state, next, attempts, .. } = delivery;
        Self {
            id: *id,
            at: moment(*at),
            event: event.clone(),
            is_test: from.is_test(),
            about: about.clone().unwrap_or_default(),
            state: state.name(),
            tries: attempts.len(),
            answer: attempts.last().map(answer).unwrap_or_default(),
            next: next.map(|next| moment(next.at)),
        }
    }
}

/// What came of a try.
fn answer(attempt: &Attempt) -> String {
    let Attempt { status, error, answer, .. } = attempt;
    let status = status.map(|status| status.to_string());
    let parts = [&status, error, answer];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B, %H:%M:%S UTC").to_string()
}
