//! A webhook delivery: what is sent, how it is signed (Standard Webhooks 1.0) and when it is tried again.

use crate::change::{Change, Told};
use crate::connection;
use crate::id::{ConnectionId, OwnerId};
use crate::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::hmac;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// What waits in the queue. Versioned, because messages of an older Larder may still wait when a newer one starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum Delivery {
    #[serde(rename = "1")]
    V1 { owner: OwnerId, connection: ConnectionId, change: Change },
}

/// What a receiver gets.
#[derive(Debug, Serialize)]
pub struct Payload<'a> {
    pub r#type: String,
    pub timestamp: Timestamp,
    pub data: Data<'a>,
}

#[derive(Debug, Serialize)]
pub struct Data<'a> {
    /// Which connection made the change; null when it was the owner, absent for who may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Option<ConnectionId>>,
    pub id: Option<&'a Value>,
    /// The names of the fields that changed.
    pub changed: &'a [String],
    /// All that the webhook may read of it: after the change, or, if it was deleted, before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a Map<String, Value>>,
}

/// The secret that a webhook is signed with; shown to its owner once as `whsec_…`.
pub struct SigningSecret(Vec<u8>);

impl Delivery {
    pub fn payload(change: &Change, told: &Told, shape: connection::Payload) -> Result<String> {
        let data = Data {
            source: told.source,
            id: told.object.get("id"),
            changed: &told.changed,
            object: (shape == connection::Payload::Full).then_some(&told.object),
        };
        let payload = Payload { r#type: told.event.clone(), timestamp: change.at, data };
        serde_json::to_string(&payload).map_err(Error::internal)
    }
}

impl SigningSecret {
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn text(&self) -> SecretString {
        format!("whsec_{}", STANDARD.encode(&self.0)).into()
    }

    /// The `webhook-signature` of this message.
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, format!("{id}.{}.{body}", at.as_second()).as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    }
}

/// How long to wait after the nth try failed; `None` when it is to be set aside. The waits grow to the longest
/// that the queue itself can wait.
pub fn wait_after(tries: u32, most: u32) -> Option<Duration> {
    const WAITS: [u64; 11] = [5, 30, 120, 300, 600, 900, 900, 900, 900, 900, 900];
    let wait = WAITS.get(tries.saturating_sub(1) as usize).filter(|_| tries < most);
    wait.copied().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_standard_does() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = SigningSecret::from_bytes(secret).sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_second(1_614_265_330).unwrap(),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn waits_fit_the_queue_and_end_before_it_gives_up() {
        let waits: Vec<_> = (1..).map_while(|tries| wait_after(tries, u32::MAX)).collect();
        assert!(waits.iter().all(|wait| *wait <= crate::queue::LONGEST_DELAY));
        assert_eq!(waits.len() + 1, crate::queue::MOST_RECEIVES as usize);
    }
}
