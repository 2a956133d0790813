//! `Keyring` on a key file: 32 random bytes that only their owner can read.

use crate::open::OpenError;
use async_trait::async_trait;
use domain::clock::Entropy;
use domain::keyring::{Context, DataKey, Keyring, SealedKey};
use domain::seal::{self, Sealed};
use domain::{Error, Result};
use ring::hmac;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone)]
pub struct KeyFile {
    master: Arc<DataKey>,
    entropy: Arc<dyn Entropy>,
}

impl KeyFile {
    /// Reads the key, or, only where there is no data yet, makes it.
    pub fn open(file: &Path, may_make: bool, entropy: Arc<dyn Entropy>) -> Result<Self, OpenError> {
        let unusable = |error: io::Error| OpenError::Key(file.to_owned(), error.to_string());
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound && may_make => {
                make(file, &*entropy).map_err(unusable)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::KeyMissing(file.to_owned()));
            }
            Err(error) => return Err(unusable(error)),
        };
        let wrong =
            |bytes: Vec<u8>| OpenError::Key(file.to_owned(), format!("{} bytes, not 32", bytes.len()));
        let master = DataKey(bytes.try_into().map_err(wrong)?);
        fs::set_permissions(file, Permissions::from_mode(0o600)).map_err(unusable)?;
        Ok(Self { master: Arc::new(master), entropy })
    }

    /// Tells one key file from another, and nothing of the key.
    pub(crate) fn fingerprint(&self) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.derive("larder key fingerprint");
        domain::hex(&[a, b, c, d, e, f, g, h])
    }

    /// A key of its own for something that must work without the data file.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        let master = hmac::Key::new(hmac::HMAC_SHA256, &self.master.0);
        let mut derived = [0; 32];
        derived.copy_from_slice(hmac::sign(&master, label.as_bytes()).as_ref());
        derived
    }
}

#[async_trait]
impl Keyring for KeyFile {
    async fn make(&self, context: Context) -> Result<(DataKey, SealedKey)> {
        let key: [u8; 32] = self.entropy.bytes();
        let sealed = seal::seal(&self.master, &place(context), self.entropy.bytes(), &key)?;
        let sealed = serde_json::to_vec(&sealed).map_err(Error::internal)?;
        Ok((DataKey(key), SealedKey(sealed)))
    }

    async fn open(&self, sealed: &SealedKey, context: Context) -> Result<DataKey> {
        let sealed: Sealed = serde_json::from_slice(&sealed.0).map_err(Error::internal)?;
        let key = seal::open(&self.master, &place(context), &sealed)?;
        key.try_into().map(DataKey).map_err(|_| Error::internal("a data key of the wrong length"))
    }
}

fn place(context: Context) -> String {
    format!("data key {} {}", context.owner, context.purpose.name())
}

fn make(file: &Path, entropy: &dyn Entropy) -> io::Result<Vec<u8>> {
    let bytes = entropy.bytes::<32>();
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    made.write_all(&bytes)?;
    made.sync_all()?;
    Ok(bytes.to_vec())
}
