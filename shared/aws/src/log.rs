//! One line of JSON for each thing worth knowing, where Lambda collects it.

use tracing::Level;
use tracing::subscriber::set_global_default;

/// The spans of the runtime bring the id of the invocation into each line.
pub(crate) fn start() {
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false);
    // Only the first one in a process counts.
    let _ = set_global_default(lines.with_max_level(Level::INFO).with_target(false).finish());
}
