//! The data keys in use: each is asked of the keyring once per process, then remembered.

use crate::id::{OpId, OwnerId};
use crate::keyring::{Context, DataKey, Keyring, Purpose, SealedKey};
use crate::schema;
use crate::seal::{self, Sealed};
use crate::signing::SigningKeys;
use crate::table::{Expect, Put, Row, Table};
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// More than this many at once are not remembered: the memory of a warm process stays bounded.
const MOST_REMEMBERED: usize = 1_000;

pub struct DataKeys {
    table: Arc<dyn Table>,
    keyring: Arc<dyn Keyring>,
    remembered: Mutex<HashMap<Context, Arc<DataKey>>>,
    signing: OnceLock<SigningKeys>,
    /// Held while the signing keys are fetched: the calls that wait for them ask once, not each for itself.
    fetching: futures_util::lock::Mutex<()>,
}

impl DataKeys {
    pub fn new(table: Arc<dyn Table>, keyring: Arc<dyn Keyring>) -> Self {
        Self {
            table,
            keyring,
            remembered: Mutex::default(),
            signing: OnceLock::new(),
            fetching: futures_util::lock::Mutex::default(),
        }
    }

    /// What tags are made with; `None` until the first connection was made, when no tag can be right.
    pub async fn signing(&self) -> Result<Option<&SigningKeys>> {
        if let Some(keys) = self.signing.get() {
            return Ok(Some(keys));
        }
        let _fetching = self.fetching.lock().await;
        let root = self.find(OwnerId::LARDER, Purpose::Signing).await?;
        Ok(root.map(|root| self.remember_signing(&root)))
    }

    pub async fn signing_or_make(&self, op: OpId) -> Result<&SigningKeys> {
        if let Some(keys) = self.signing().await? {
            return Ok(keys);
        }
        let root = self.find_or_make(OwnerId::LARDER, Purpose::Signing, op).await?;
        Ok(self.remember_signing(&root))
    }

    /// What somebody carries from one call to another, for a place where alone it can be read again.
    pub async fn carry(
        &self,
        place: &str,
        what: &impl Serialize,
        op: OpId,
        nonce: [u8; 12],
    ) -> Result<String> {
        let what = serde_json::to_vec(what).map_err(Error::internal)?;
        let keys = self.signing_or_make(op).await?;
        Ok(seal::seal(keys.state_seal(), place, nonce, &what)?.text())
    }

    /// `None` of what was not given to be carried to this place.
    pub async fn carried<T: DeserializeOwned>(&self, place: &str, text: &str) -> Result<Option<T>> {
        let Some(keys) = self.signing().await? else { return Ok(None) };
        let what = Sealed::parse(text).and_then(|what| seal::open(keys.state_seal(), place, &what).ok());
        Ok(what.and_then(|what| serde_json::from_slice(&what).ok()))
    }

    pub async fn find(&self, owner: OwnerId, purpose: Purpose) -> Result<Option<Arc<DataKey>>> {
        let context = Context { owner, purpose };
        if let Some(key) = self.lock().get(&context) {
            return Ok(Some(Arc::clone(key)));
        }
        let Some(row) = self.table.get(&schema::data_key(owner, purpose)).await? else { return Ok(None) };
        self.open(context, &row).await.map(Some)
    }

    pub async fn find_or_make(&self, owner: OwnerId, purpose: Purpose, op: OpId) -> Result<Arc<DataKey>> {
        if let Some(key) = self.find(owner, purpose).await? {
            return Ok(key);
        }
        let context = Context { owner, purpose };
        let (key, sealed) = self.keyring.make(context).await?;
        let body = serde_json::to_string(&sealed).map_err(Error::internal)?;
        let row = schema::data_key(owner, purpose);
        match self.table.put(Put::new(row, body, Expect::Absent), op).await {
            Ok(_) => Ok(self.remember(context, key)),
            // Another process was first: its key is the key.
            Err(Error::Conflict) => {
                self.find(owner, purpose).await?.ok_or_else(|| Error::internal("a data key came and went"))
            }
            Err(error) => Err(error),
        }
    }

    async fn open(&self, context: Context, row: &Row) -> Result<Arc<DataKey>> {
        let sealed: SealedKey = serde_json::from_str(&row.body).map_err(Error::internal)?;
        Ok(self.remember(context, self.keyring.open(&sealed, context).await?))
    }

    fn remember(&self, context: Context, key: DataKey) -> Arc<DataKey> {
        let key = Arc::new(key);
        let mut remembered = self.lock();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(context, Arc::clone(&key));
        key
    }

    fn remember_signing(&self, root: &DataKey) -> &SigningKeys {
        self.signing.get_or_init(|| SigningKeys::from_root(&root.0))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Context, Arc<DataKey>>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
