//! Settings. Only this file reads the environment.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use std::fmt;
use std::time::Duration;
use url::Url;

/// A function without this setting cannot start.
#[derive(thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub(crate) struct Missing(&'static str);

/// A main that fails prints what it failed with in this way.
impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What was set, by name.
pub(crate) struct Settings(fn(&str) -> Option<String>);

impl Settings {
    pub(crate) const fn from_env() -> Self {
        Self(|name| std::env::var(name).ok())
    }

    pub(crate) fn table(&self) -> Result<String, Missing> {
        self.required("LARDER_TABLE")
    }

    pub(crate) fn kms_key(&self) -> Result<String, Missing> {
        self.required("LARDER_KMS_KEY")
    }

    pub(crate) fn queue_url(&self) -> Result<String, Missing> {
        self.required("LARDER_QUEUE_URL")
    }

    pub(crate) fn owner_issuer(&self) -> Result<String, Missing> {
        self.required("LARDER_OWNER_ISSUER")
    }

    pub(crate) fn owner_audience(&self) -> Result<String, Missing> {
        self.required("LARDER_OWNER_AUDIENCE")
    }

    /// Private addresses that may be reached all the same; usually none.
    pub(crate) fn outbound_allow(&self) -> String {
        self.optional("LARDER_OUTBOUND_ALLOW").unwrap_or_default()
    }

    /// Where it is reached, if that is not the gateway's own name.
    pub(crate) fn public_url(&self) -> Result<Option<Url>, url::ParseError> {
        self.optional("LARDER_PUBLIC_URL").map(|url| url.parse()).transpose()
    }

    /// One for all services, so that they share their connections. Lambda brings region and credentials as
    /// variables, which spares the search for them that costs other programs their start.
    pub(crate) fn sdk(&self) -> Result<SdkConfig, Missing> {
        let credentials = Credentials::new(
            self.required("AWS_ACCESS_KEY_ID")?,
            self.required("AWS_SECRET_ACCESS_KEY")?,
            self.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let mut sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.required("AWS_REGION")?))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(Builder::new().tls_provider(Provider::Rustls(Ring)).build_https())
            .retry_config(retries())
            .timeout_config(timeouts());
        sdk.set_endpoint_url(self.optional("AWS_ENDPOINT_URL"));
        Ok(sdk.build())
    }

    fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<String, Missing> {
        self.optional(name).ok_or(Missing(name))
    }
}

/// Most of what is tried again met a transaction of somebody else, which is over soon: early, then, and often.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_initial_backoff(Duration::from_millis(100)).with_max_attempts(6)
}

/// A call that waits for two operations in turn still ends before the gateway stops waiting.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(10))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let nothing = Settings(|_| None);
        let told = format!("{:?}", crate::Error::from(nothing.table().unwrap_err()));
        assert_eq!(told, "the environment variable LARDER_TABLE is not set");
        let empty = Settings(|_| Some(String::new()));
        assert!(empty.kms_key().unwrap_err().to_string().contains("LARDER_KMS_KEY"));
        assert!(empty.sdk().unwrap_err().to_string().contains("AWS_ACCESS_KEY_ID"));
        assert_eq!(nothing.outbound_allow(), "");
    }

    #[test]
    fn the_region_and_the_endpoint_are_those_of_the_environment() {
        let set = Settings(|name| Some(format!("http://{name}")));
        let sdk = set.sdk().unwrap();
        assert_eq!(sdk.region().unwrap().as_ref(), "http://AWS_REGION");
        assert_eq!(sdk.endpoint_url(), Some("http://AWS_ENDPOINT_URL"));
    }
}
