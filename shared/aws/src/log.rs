//! One line of JSON for each thing worth knowing, where Lambda collects it.

use tracing::Level;
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

/// The spans of the runtime bring the id of the invocation into each line.
pub(crate) fn start() {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    // The protocol library repeats what callers send, at whatever length: that is no news.
    let told = Targets::new().with_default(Level::INFO).with_target("rmcp", Level::ERROR);
    // Only the first one in a process counts.
    let _ = set_global_default(registry().with(lines.with_target(false)).with(told));
}
