//! What an owner's data tells about itself, to whoever may see it: made of what a reader sees of each item, so that
//! what is hidden counts for nothing.

mod daily;
mod markdown;
mod progress;
mod seen;
mod stats;

pub use daily::{Daily, Line};
pub use progress::{Accuracy, Day, Period, Progress, Share, Span, Streak};
pub use seen::{SeenGoal, SeenTask};
pub use stats::Tally;
