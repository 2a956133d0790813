//! Tags that only this deployment can make: on connection keys, page cursors and owner tokens. One root, one key
//! for each label, so that a tag made for one purpose never passes for another.

use crate::keyring::DataKey;
use ring::hmac;

pub struct SigningKeys {
    connection_key: hmac::Key,
    cursor: hmac::Key,
    cursor_seal: DataKey,
    owner_token: hmac::Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    ConnectionKey,
    Cursor,
    OwnerToken,
}

impl SigningKeys {
    pub fn from_root(root: &[u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, root);
        let derive =
            |label: &str| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, label.as_bytes()).as_ref());
        let mut cursor_seal = [0; 32];
        cursor_seal.copy_from_slice(hmac::sign(&root, b"larder cursor seal").as_ref());
        Self {
            connection_key: derive("larder connection key"),
            cursor: derive("larder cursor"),
            cursor_seal: DataKey(cursor_seal),
            owner_token: derive("larder owner token"),
        }
    }

    /// What cursors are sealed with: they name rows that their reader may not be allowed to know.
    pub const fn cursor_seal(&self) -> &DataKey {
        &self.cursor_seal
    }

    pub fn tag<const N: usize>(&self, label: Label, message: &[u8]) -> [u8; N] {
        let key = match label {
            Label::ConnectionKey => &self.connection_key,
            Label::Cursor => &self.cursor,
            Label::OwnerToken => &self.owner_token,
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
        let tags = [Label::ConnectionKey, Label::Cursor, Label::OwnerToken]
            .map(|label| keys.tag::<16>(label, b"same"));
        assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2]);
    }
}
