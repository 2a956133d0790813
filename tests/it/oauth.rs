//! Apps that connect by OAuth, as they and their owner see it: over HTTP alone.

mod bound;
mod broken;
mod code;
mod consent;
mod discovery;
mod documents;
pub(crate) mod flow;
mod redirects;
mod refresh;
mod register;
mod scopes;
mod sign_in;
