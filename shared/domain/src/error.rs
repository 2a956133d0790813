//! What can go wrong, said once and without a word of HTTP. The faces translate.

use crate::access::{Action, Actions, Resource};
use crate::approval::Asking;
use crate::limits::Reached;
use crate::noun::spoken;
use crate::table::RowKey;
use jiff::Timestamp;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody, or nobody we know: no key, a forged one, a revoked or expired one.
    #[error("{0}")]
    Unauthenticated(Refusal),
    /// Somebody we know, who may not do this.
    #[error("this connection's grant does not allow {action} on {resource}{why}")]
    Denied { action: Action, resource: Resource, why: Denial },
    /// Somebody we know, who may do it once its owner has said yes.
    #[error("its owner is asked before that: `{}`", .0.operation)]
    Asks(Box<Asking>),
    /// Somebody we know, who called too often.
    #[error("{0}")]
    Limited(Reached),
    /// Not there, or not yours: nobody can tell which.
    #[error("there is no such {}", spoken(.0))]
    NotFound(&'static str),
    /// Something else has what only one can have.
    #[error("{detail}")]
    Taken { pointer: &'static str, detail: &'static str },
    /// The row is not as the writer expected it.
    #[error("it changed in the meantime")]
    Conflict,
    /// What there is stands in the way of it; it says what to do.
    #[error("{0}")]
    InTheWay(String),
    /// The same idempotency token was used for something else.
    #[error("this operation id was used for another write")]
    TokenReused,
    /// One field of the input is wrong.
    #[error("{detail}")]
    Invalid { pointer: String, detail: String },
    #[error("{size} bytes are more than the {most} that one row may hold")]
    TooLarge { size: usize, most: usize },
    /// The store asks for patience (throttling): nothing is broken, try again.
    #[error("the store is busy")]
    Busy,
    /// A stored row is not what it should be; trying again will not help.
    #[error("the row {row} cannot be read: {detail}")]
    Unreadable { row: String, detail: String },
    /// Everything else; never shown to a caller.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How a grant comes to deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No rule names it.
    #[error("")]
    Grant,
    /// A rule would, at another time.
    #[error(" at this time")]
    NotNow,
    /// A rule would, but the owner did not enable this tool.
    #[error(" in this way: it is not among its enabled tools")]
    Tool,
    /// A rule does, but the app was not given it; this is what it would need.
    #[error(" with this access token")]
    Scope(Actions),
    /// A rule does, but not for this item.
    #[error(" like this one")]
    Item,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no key was sent")]
    NoKey,
    #[error("this is not a key of this Larder")]
    UnknownKey,
    /// It has the look of a key, but was not issued like this.
    #[error("this looks mistyped: it is not a key as it was issued")]
    Mistyped,
    #[error("this key was replaced by a newer one")]
    Replaced,
    #[error("this connection was deleted")]
    Deleted,
    #[error("this connection was revoked on {0}")]
    Revoked(Timestamp),
    #[error("this connection expired on {0}")]
    Expired(Timestamp),
    #[error("this connection is paused")]
    Paused,
    #[error("this connection's key is not taken from the address")]
    InAddress,
    #[error("this access token is over")]
    TokenOver,
    /// Of another Larder, or of another face of this one.
    #[error("this access token is for another address")]
    OtherAudience,
    #[error("this app is no longer let in")]
    TakenBack,
    #[error("this sign-in is not valid, or it has expired")]
    NotSignedIn,
    #[error("this sign-in ended when its owner signed out everywhere on {0}")]
    SignedOut(Timestamp),
}

impl Error {
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid { pointer: pointer.into(), detail: detail.into() }
    }

    /// The same of an input that is a part of another, at this place.
    pub fn below(self, place: &str) -> Self {
        match self {
            Self::Invalid { pointer, detail } => {
                Self::Invalid { pointer: format!("{place}{pointer}"), detail }
            }
            other => other,
        }
    }

    pub fn unreadable(row: &RowKey, detail: &impl ToString) -> Self {
        Self::Unreadable { row: format!("{} {}", row.owner, row.sort), detail: detail.to_string() }
    }

    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}
