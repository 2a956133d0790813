//! The keyring on KMS: one key, and the owner and the purpose as encryption context.

use crate::fault::refused;
use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use domain::keyring::{Context, DataKey, Keyring, SealedKey};
use domain::{Error, Result};
use std::collections::HashMap;
use zeroize::Zeroizing;

pub struct KmsKeyring {
    client: Client,
    key: String,
}

impl KmsKeyring {
    pub const fn new(client: Client, key: String) -> Self {
        Self { client, key }
    }
}

#[async_trait]
impl Keyring for KmsKeyring {
    async fn make(&self, context: Context) -> Result<(DataKey, SealedKey)> {
        let make = self.client.generate_data_key().key_id(&self.key).key_spec(DataKeySpec::Aes256);
        let made = make.set_encryption_context(Some(bound_to(context))).send().await.map_err(refused)?;
        let sealed =
            made.ciphertext_blob.ok_or_else(|| Error::internal("a data key without its sealed form"))?;
        Ok((data_key(made.plaintext)?, SealedKey(sealed.into_inner())))
    }

    async fn open(&self, sealed: &SealedKey, context: Context) -> Result<DataKey> {
        let open = self.client.decrypt().key_id(&self.key).ciphertext_blob(Blob::new(sealed.0.as_slice()));
        let opened = open.set_encryption_context(Some(bound_to(context))).send().await.map_err(refused)?;
        data_key(opened.plaintext)
    }
}

fn bound_to(context: Context) -> HashMap<String, String> {
    HashMap::from([
        ("owner".to_owned(), context.owner.to_string()),
        ("purpose".to_owned(), context.purpose.name().to_owned()),
    ])
}

fn data_key(plaintext: Option<Blob>) -> Result<DataKey> {
    let bytes = Zeroizing::new(plaintext.map(Blob::into_inner).unwrap_or_default());
    let key = bytes.as_slice().try_into().map_err(|_| Error::internal("a data key of another length"))?;
    Ok(DataKey(key))
}
