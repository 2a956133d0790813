//! A secret at rest: AES-256-GCM under a data key, bound to the place that it belongs to, so that a sealed value
//! moved to another row opens nowhere.

use crate::keyring::DataKey;
use crate::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

/// Nonce, ciphertext and tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(#[serde(with = "base64_text")] Vec<u8>);

impl Sealed {
    /// As an address can hold it.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok().map(Self)
    }
}

/// The nonce must be fresh for each text; one data key seals far fewer values than random nonces allow.
pub fn seal(key: &DataKey, place: &str, nonce: [u8; 12], plain: &[u8]) -> Result<Sealed> {
    let mut out = nonce.to_vec();
    let mut text = plain.to_vec();
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut text)
        .map_err(|_| Error::internal("sealing failed"))?;
    out.extend(text);
    Ok(Sealed(out))
}

pub fn open(key: &DataKey, place: &str, sealed: &Sealed) -> Result<Vec<u8>> {
    let broken = || Error::internal("a sealed value does not open at this place with this key");
    let (nonce, text) = sealed.0.split_first_chunk::<12>().ok_or_else(broken)?;
    let mut text = text.to_vec();
    let plain = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place), &mut text)
        .map_err(|_| broken())?;
    Ok(plain.to_vec())
}

fn cipher(key: &DataKey) -> Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, &key.0).map_err(|_| Error::internal("not a key"))?;
    Ok(LessSafeKey::new(key))
}

/// Bytes as base64 in JSON.
pub mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_unchanged_and_in_its_place() {
        let key = DataKey([1; 32]);
        let sealed = seal(&key, "here", [5; 12], b"secret").unwrap();
        assert_eq!(open(&key, "here", &sealed).unwrap(), b"secret");
        assert!(open(&key, "there", &sealed).is_err());
        assert!(open(&DataKey([2; 32]), "here", &sealed).is_err());
        for at in 0..sealed.0.len() {
            let mut bent = sealed.clone();
            bent.0[at] ^= 1;
            assert!(open(&key, "here", &bent).is_err(), "byte {at}");
        }
        assert!(open(&key, "here", &Sealed(vec![0; 11])).is_err());
    }
}
