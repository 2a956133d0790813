//! The owner's data over REST.

mod analytics;
mod approvals;
mod backups;
mod calendars;
mod describe;
mod goals;
mod history;
mod memories;
mod nouns;
mod one;
mod trash;

pub use describe::operations;

use domain::collection::Collection;
use domain::life_area::LifeArea;
use domain::memory::Memory;
use domain::operation::{BACKUP_USER_DATA, SEARCH_MEMORIES, SYNC_WITH_CALENDAR};
use domain::preferences::Preferences;
use domain::profile::Profile;
use domain::record::Record;
use domain::task::Task;
use web::Access::{Connection, Public};
use web::Routes;

pub fn routes() -> Routes {
    let routes = nouns::routes::<Task>(Routes::of("data"));
    let routes = goals::routes(routes);
    let routes = nouns::routes::<LifeArea>(routes);
    let routes = nouns::routes::<Memory>(routes);
    let routes = nouns::routes::<Collection>(routes);
    let routes = nouns::routes::<Record>(routes);
    let routes = one::routes::<Profile>(routes, "/profile");
    one::routes::<Preferences>(routes, "/preferences")
        // As it was called first.
        .get(Connection, "/data", nouns::list::<Collection>)
        .get(Connection, "/v1/trash", trash::list)
        .post(Connection, SEARCH_MEMORIES.path, memories::search)
        .get(Connection, "/v1/changes", history::since)
        .get(Connection, "/v1/stats", analytics::stats)
        .get(Connection, "/v1/progress", analytics::progress)
        .get(Connection, "/v1/daily/{date}", analytics::daily)
        .get(Connection, "/v1/calendar.ics", calendars::own)
        .post(Connection, SYNC_WITH_CALENDAR.path, calendars::subscribe)
        .get(Public, "/v1/calendars/{link}", calendars::subscribed)
        .get(Connection, "/v1/approvals/{id}", approvals::own)
        .post(Connection, BACKUP_USER_DATA.path, backups::run)
        .get(Public, "/v1/backups/{link}", backups::fetch)
}
