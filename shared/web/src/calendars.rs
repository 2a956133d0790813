//! A calendar that apps subscribe to by its address alone, because they can send no key. Whoever has the address reads
//! what is due of what the connection that asked for it may read, for as long as the key that it asked with lets in.

use crate::analytics::Analytics;
use crate::app::App;
use crate::body::At;
use crate::call::Call;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use domain::Error;
use domain::access::Actions;
use domain::key::Holder;
use domain::operation::SYNC_WITH_CALENDAR;
use http::request::Parts;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of the connection that calls.
pub struct Calendars<'a>(pub &'a Call);

/// Where a calendar is, and how apps get it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Subscription {
    /// As good as a key, for what is due alone.
    pub address: String,
    /// When it ends by itself; absent if no end is set. A new key of the connection ends it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What a person does with the address.
    pub message: String,
}

/// Who asked for an address, and the most that it may do.
#[derive(Serialize, Deserialize)]
struct Leads {
    holder: Holder,
    token: Option<Actions>,
}

const PLACE: &str = "calendar";

/// What some apps go by.
const ENDING: &str = ".ics";

const MESSAGE: &str = "Give the address to a calendar app, which asks for it anew about every hour. Google Calendar: Other \
    calendars, From URL. Apple Calendar: File, New Calendar Subscription. Outlook: Add calendar, Subscribe from web. \
    Who knows the address reads the calendar; a new key of this connection, or its end, ends it.";

impl Calendars<'_> {
    pub async fn subscribe(&self) -> Result<Subscription, Problem> {
        let Self(call) = self;
        let (app, connection) = (call.app(), call.admission().await?);
        connection.allows(&SYNC_WITH_CALENDAR, call.at())?;
        let (holder, token) = call.came_by();
        let until = connection.ends_for(&holder.key);
        let leads = Leads { holder: holder.clone(), token };
        let sealed = app.keys.carry(PLACE, &leads, app.op(), app.entropy.bytes()).await?;
        let address = format!("{}{}/{sealed}{ENDING}", call.origin(), SYNC_WITH_CALENDAR.path);
        Ok(Subscription { address, until, message: MESSAGE.to_owned() })
    }

    /// What there is at the address, as long as who asked for it may ask for one.
    pub async fn feed(&self) -> Result<String, Problem> {
        let Self(call) = self;
        let feed = Analytics(call).calendar().await?;
        call.admission().await?.allows(&SYNC_WITH_CALENDAR, call.at())?;
        Ok(feed)
    }
}

/// A call by such an address: the connection's that asked for it.
pub struct Subscriber(pub Call);

impl FromRequestParts<App> for Subscriber {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let At(address): At<String> = At::from_request_parts(parts, app).await?;
        let sealed = address.strip_suffix(ENDING).unwrap_or(&address);
        let unknown = Error::NotFound("calendar; `sync_with_calendar` gives an address");
        let Leads { holder, token } = app.keys.carried(PLACE, sealed).await?.ok_or(unknown)?;
        Ok(Self(Call::by_address(app, parts, holder, token)?))
    }
}
