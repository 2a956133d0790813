//! The owner's data over REST.

mod analytics;
mod describe;
mod history;
mod tasks;

pub use describe::operations;

use web::Access::Connection;
use web::Routes;

pub fn routes() -> Routes {
    Routes::of("data")
        .get(Connection, "/v1/tasks", tasks::list)
        .post(Connection, "/v1/tasks", tasks::create)
        .get(Connection, "/v1/tasks/{id}", tasks::read)
        .patch(Connection, "/v1/tasks/{id}", tasks::update)
        .delete(Connection, "/v1/tasks/{id}", tasks::delete)
        .get(Connection, "/v1/tasks/{id}/history", history::of_task)
        .get(Connection, "/v1/changes", history::since)
        .get(Connection, "/v1/stats", analytics::stats)
        .get(Connection, "/v1/progress", analytics::progress)
        .get(Connection, "/v1/daily/{date}", analytics::daily)
        .get(Connection, "/v1/calendar.ics", analytics::calendar)
}
