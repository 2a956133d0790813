//! What every keyring does.

use crate::keyring::{Context, Keyring, Purpose, SealedKey};

#[macro_export]
macro_rules! keyring_suite {
    ($host:path) => {
        $crate::keyring_suite!(@ $host; opens_what_it_made, opens_in_its_own_context_only, opens_nothing_bent);
    };
    (@ $host:path; $($case:ident),*) => { $(
        #[tokio::test]
        async fn $case() {
            $crate::conformance::keyring::$case(&$host().await.0).await;
        }
    )* };
}

const HERE: Context = Context { owner: crate::id::OwnerId::LARDER, purpose: Purpose::Signing };

pub async fn opens_what_it_made(keyring: &impl Keyring) {
    let (first, sealed) = keyring.make(HERE).await.unwrap();
    let (second, _) = keyring.make(HERE).await.unwrap();
    assert_ne!(first.0, second.0, "each key is a new one");
    assert_eq!(keyring.open(&sealed, HERE).await.unwrap().0, first.0);
    assert!(!sealed.0.windows(32).any(|window| window == first.0), "the sealed key shows the key");
}

pub async fn opens_in_its_own_context_only(keyring: &impl Keyring) {
    let (_, sealed) = keyring.make(HERE).await.unwrap();
    let elsewhere =
        [Context { purpose: Purpose::Webhook, ..HERE }, Context { owner: super::owner(1), ..HERE }];
    for context in elsewhere {
        assert!(keyring.open(&sealed, context).await.is_err(), "{context:?}");
    }
}

pub async fn opens_nothing_bent(keyring: &impl Keyring) {
    let (_, sealed) = keyring.make(HERE).await.unwrap();
    let last = sealed.0.len() - 1;
    let mut bent = sealed.0.clone();
    bent[last] ^= 1;
    assert!(keyring.open(&SealedKey(bent), HERE).await.is_err());
    assert!(keyring.open(&SealedKey(vec![]), HERE).await.is_err());
}
