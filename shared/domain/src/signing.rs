//! Tags that only this deployment can make: on connection keys, page cursors, owner tokens and what
//! apps are given. One root, one key
//! for each label, so that a tag made for one purpose never passes for another.

use crate::keyring::DataKey;
use ring::hmac;

pub struct SigningKeys {
    connection_key: hmac::Key,
    cursor: hmac::Key,
    cursor_seal: DataKey,
    owner_token: hmac::Key,
    state_seal: DataKey,
    access_token: hmac::Key,
    refresh_token: hmac::Key,
    authorization_code: hmac::Key,
    client: hmac::Key,
    client_secret: hmac::Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    ConnectionKey,
    Cursor,
    OwnerToken,
    AccessToken,
    RefreshToken,
    AuthorizationCode,
    Client,
    ClientSecret,
}

impl SigningKeys {
    pub fn from_root(root: &[u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, root);
        let derive =
            |label: &str| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, label.as_bytes()).as_ref());
        let data_key = |label: &str| {
            let mut key = [0; 32];
            key.copy_from_slice(hmac::sign(&root, label.as_bytes()).as_ref());
            DataKey(key)
        };
        Self {
            connection_key: derive("larder connection key"),
            cursor: derive("larder cursor"),
            cursor_seal: data_key("larder cursor seal"),
            owner_token: derive("larder owner token"),
            state_seal: data_key("larder state seal"),
            access_token: derive("larder access token"),
            refresh_token: derive("larder refresh token"),
            authorization_code: derive("larder authorization code"),
            client: derive("larder client"),
            client_secret: derive("larder client secret"),
        }
    }

    /// What cursors are sealed with: they name rows that their reader may not be allowed to know.
    pub const fn cursor_seal(&self) -> &DataKey {
        &self.cursor_seal
    }

    /// What a caller carries for us from one call to the next is sealed with; each use has its own place.
    pub const fn state_seal(&self) -> &DataKey {
        &self.state_seal
    }

    pub fn tag<const N: usize>(&self, label: Label, message: &[u8]) -> [u8; N] {
        let key = match label {
            Label::ConnectionKey => &self.connection_key,
            Label::Cursor => &self.cursor,
            Label::OwnerToken => &self.owner_token,
            Label::AccessToken => &self.access_token,
            Label::RefreshToken => &self.refresh_token,
            Label::AuthorizationCode => &self.authorization_code,
            Label::Client => &self.client,
            Label::ClientSecret => &self.client_secret,
        };
        let mut tag = [0; N];
        for (slot, byte) in tag.iter_mut().zip(hmac::sign(key, message).as_ref()) {
            *slot = *byte;
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_do_not_share_tags() {
        let keys = SigningKeys::from_root(&[1; 32]);
        let labels = [
            Label::ConnectionKey,
            Label::Cursor,
            Label::OwnerToken,
            Label::AccessToken,
            Label::RefreshToken,
            Label::AuthorizationCode,
            Label::Client,
            Label::ClientSecret,
        ];
        let tags: std::collections::BTreeSet<_> =
            labels.iter().map(|label| keys.tag::<16>(*label, b"same")).collect();
        assert_eq!(tags.len(), labels.len());
    }
}
