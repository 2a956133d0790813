//! What the measuring programs share. Of the standard library only: the smallest of them is measured itself.

pub mod answer;
pub mod process;
pub mod spread;

pub type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
