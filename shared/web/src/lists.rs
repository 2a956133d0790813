//! What a connection may list, of all nouns together.

use crate::call::Call;
use crate::problem::Problem;
use domain::access::Scope;
use domain::operation;
use futures_util::future::join;
use std::collections::BTreeMap;

/// What it may read of each noun.
pub(crate) type Scopes<'a> = BTreeMap<&'static str, Scope<'a>>;

impl Call {
    /// Runs `meanwhile` while it is found out; refused is only who may list nothing at all.
    pub(crate) async fn may_list<T>(
        &self,
        meanwhile: impl Future<Output = domain::Result<T>>,
    ) -> Result<(Scopes<'_>, T), Problem> {
        let (connection, found) = join(self.admission(), meanwhile).await;
        let (connection, mut refused) = (connection?, None);
        let mut scopes = BTreeMap::new();
        for list in operation::lists() {
            match connection.allows(list, self.at()) {
                Ok(scope) => drop(scopes.insert(list.noun, scope)),
                Err(error) => refused = Some(error),
            }
        }
        match refused.filter(|_| scopes.is_empty()) {
            Some(refused) => Err(refused.into()),
            None => Ok((scopes, found?)),
        }
    }
}
