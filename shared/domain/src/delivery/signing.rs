//! How a delivery is signed (Standard Webhooks 1.0).

use crate::connection::Signature;
use crate::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use secrecy::SecretString;

/// What a webhook is signed with. The receiver knows the one half, so the other must not follow from it.
pub struct SigningSecret {
    /// For `v1`; shown to its owner once as `whsec_…`.
    shared: Vec<u8>,
    /// For `v1a`; none in what was made before there was that. Nobody is shown more than its public key.
    seed: Option<[u8; HALF]>,
}

const HALF: usize = 32;

impl SigningSecret {
    pub fn new(shared: [u8; HALF], seed: [u8; HALF]) -> Self {
        Self { shared: shared.to_vec(), seed: Some(seed) }
    }

    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        let seed = bytes.get(HALF..).and_then(|rest| rest.try_into().ok());
        if seed.is_some() {
            bytes.truncate(HALF);
        }
        Self { shared: bytes, seed }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.shared.iter().chain(self.seed.iter().flatten()).copied().collect()
    }

    pub fn text(&self) -> SecretString {
        format!("whsec_{}", STANDARD.encode(&self.shared)).into()
    }

    /// What whoever checks `v1a` needs: `whpk_…`.
    pub fn public_key(&self) -> Result<Option<String>> {
        let pair = self.pair()?;
        Ok(pair.map(|pair| format!("whpk_{}", STANDARD.encode(pair.public_key()))))
    }

    /// One of the parts of this message's `webhook-signature`; `None` if the secret cannot sign so.
    pub fn sign(&self, how: Signature, id: &str, at: Timestamp, body: &str) -> Result<Option<String>> {
        let signed = format!("{id}.{}.{body}", at.as_second());
        Ok(match how {
            Signature::V1 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &self.shared);
                Some(format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes()))))
            }
            Signature::V1a => {
                let pair = self.pair()?;
                pair.map(|pair| format!("v1a,{}", STANDARD.encode(pair.sign(signed.as_bytes()))))
            }
        })
    }

    fn pair(&self) -> Result<Option<Ed25519KeyPair>> {
        let pair = self.seed.as_ref().map(|seed| Ed25519KeyPair::from_seed_unchecked(seed)).transpose();
        pair.map_err(|rejected| Error::internal(rejected.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_standard_does() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let secret = SigningSecret::from_bytes(secret);
        let (id, at) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp::from_second(1_614_265_330).unwrap());
        let sign = |how| secret.sign(how, id, at, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(sign(Signature::V1).unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!((sign(Signature::V1a), secret.public_key().unwrap()), (None, None));
    }

    #[test]
    fn the_halves_are_kept_apart() {
        let secret = SigningSecret::new([1; 32], [2; 32]);
        let same = SigningSecret::from_bytes(secret.to_bytes());
        let other = SigningSecret::new([3; 32], [2; 32]);
        assert_eq!(same.public_key().unwrap(), secret.public_key().unwrap());
        assert_eq!(other.public_key().unwrap(), secret.public_key().unwrap());
        let sign =
            |secret: &SigningSecret, how| secret.sign(how, "evt", Timestamp::UNIX_EPOCH, "{}").unwrap();
        assert_eq!(sign(&same, Signature::V1), sign(&secret, Signature::V1));
        assert_ne!(sign(&other, Signature::V1), sign(&secret, Signature::V1));
        assert_eq!(sign(&other, Signature::V1a), sign(&secret, Signature::V1a));
    }
}
