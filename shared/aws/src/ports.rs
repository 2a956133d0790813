//! The ports, made of what the environment says; each asks only for the settings that it needs.

use crate::Error;
use crate::config::Settings;
use crate::{Browsers, DynamoTable, KmsKeyring, Oidc, SqsQueue};
use aws_types::SdkConfig;
use domain::clock::{Clock, Entropy};
use domain::data_keys::DataKeys;
use domain::ledger::{Direct, Ledger};
use domain::outbound::{Outbound, Reach};
use domain::queue::Queue;
use domain::table::Table;
use outbound::{Egress, Exempt};
use std::sync::{Arc, OnceLock};
use web::{Site, System};

pub struct Ports {
    settings: Settings,
    sdk: SdkConfig,
    table: OnceLock<Arc<dyn Table>>,
    data_keys: OnceLock<Arc<DataKeys>>,
}

impl Ports {
    pub fn from_env() -> Result<Self, Error> {
        let settings = Settings::from_env();
        let sdk = settings.sdk()?;
        Ok(Self { settings, sdk, table: OnceLock::new(), data_keys: OnceLock::new() })
    }

    pub fn table(&self) -> Result<Arc<dyn Table>, Error> {
        let name = self.settings.table()?;
        let table =
            self.table.get_or_init(|| Arc::new(DynamoTable::new((&self.sdk).into(), name, self.clock())));
        Ok(Arc::clone(table))
    }

    /// One for all, because each opens its keys for itself.
    pub fn data_keys(&self) -> Result<Arc<DataKeys>, Error> {
        let (table, key) = (self.table()?, self.settings.kms_key()?);
        let keys = self.data_keys.get_or_init(|| {
            let keyring = KmsKeyring::new(aws_sdk_kms::Client::new(&self.sdk), key);
            Arc::new(DataKeys::new(table, Arc::new(keyring)))
        });
        Ok(Arc::clone(keys))
    }

    /// Nothing runs here once a call is answered, so its notes are written before.
    pub fn ledger(&self) -> Result<Arc<dyn Ledger>, Error> {
        Ok(Arc::new(Direct::new(self.table()?)))
    }

    pub fn queue(&self) -> Result<Arc<dyn Queue>, Error> {
        let client = aws_sdk_sqs::Client::new(&self.sdk);
        Ok(Arc::new(SqsQueue::new(client, self.settings.queue_url()?)))
    }

    pub fn outbound(&self) -> Result<Arc<dyn Outbound>, Error> {
        Ok(Arc::new(Egress::new(Exempt::parse(&self.settings.outbound_allow()))))
    }

    pub fn reach(&self) -> Arc<dyn Reach> {
        Arc::new(Exempt::parse(&self.settings.outbound_allow()))
    }

    pub(crate) fn site(&self) -> Result<Site, Error> {
        Ok(Site::new("https", self.settings.public_url()?.as_ref()))
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(System)
    }

    pub fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::new(System)
    }

    pub(crate) fn oidc(&self) -> Result<Oidc, Error> {
        let (issuer, audience) = (self.settings.owner_issuer()?, self.settings.owner_audience()?);
        let oidc = Oidc::new(issuer, audience, self.outbound()?, self.clock());
        // Only to an address that was set is a browser sent back.
        Ok(match self.settings.public_url()? {
            Some(public_url) => {
                oidc.with(Browsers { public_url, keys: self.data_keys()?, entropy: self.entropy() })
            }
            None => oidc,
        })
    }
}
