//! Messages of one group to which nothing arrives: they are likely to be parked, and then all of them at once.

use crate::hands::Hands;
use deliver::Deliver;
use domain::queue::Received;
use futures_util::FutureExt as _;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::OnceCell;

pub(crate) struct Together {
    messages: Vec<Received>,
    are_parked: OnceCell<bool>,
}

/// By their groups.
pub(crate) fn together(messages: &[Received], hands: &Hands) -> HashMap<String, Arc<Together>> {
    let groups = messages.chunk_by(|one, next| one.group == next.group);
    let groups = groups.filter_map(|messages| messages.first().map(|first| (&first.group, messages)));
    let likely =
        groups.filter(|(group, messages)| hands.parks(group) || messages.len() > 1 && hands.is_sick(group));
    let together =
        |messages: &[Received]| Together { messages: messages.to_vec(), are_parked: OnceCell::new() };
    likely.map(|(group, messages)| (group.clone(), Arc::new(together(messages)))).collect()
}

impl Together {
    /// Whoever asks first does it. If not, each is on its own.
    pub(crate) async fn are_parked(&self, deliver: &Deliver) -> bool {
        let park = async || {
            let parked = AssertUnwindSafe(deliver.park_all(&self.messages)).catch_unwind().await;
            matches!(parked, Ok(Ok(true)))
        };
        *self.are_parked.get_or_init(park).await
    }
}
