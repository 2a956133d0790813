//! The owner's data over REST.

mod analytics;
mod describe;
mod history;
mod nouns;
mod trash;

pub use describe::operations;

use domain::collection::Collection;
use domain::goal::Goal;
use domain::life_area::LifeArea;
use domain::record::Record;
use domain::task::Task;
use web::Access::Connection;
use web::Routes;

pub fn routes() -> Routes {
    let routes = nouns::routes::<Task>(Routes::of("data"));
    let routes = nouns::routes::<Goal>(routes);
    let routes = nouns::routes::<LifeArea>(routes);
    let routes = nouns::routes::<Collection>(routes);
    nouns::routes::<Record>(routes)
        .get(Connection, "/v1/trash", trash::list)
        .get(Connection, "/v1/changes", history::since)
        .get(Connection, "/v1/stats", analytics::stats)
        .get(Connection, "/v1/progress", analytics::progress)
        .get(Connection, "/v1/daily/{date}", analytics::daily)
        .get(Connection, "/v1/calendar.ics", analytics::calendar)
}
