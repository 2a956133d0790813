//! By whose clocks days begin and end.

use crate::call::Call;
use crate::problem::Problem;
use domain::access::{Action, Item as _, Resource};
use domain::filter::Days;
use domain::id::Me;
use domain::profile::Profile;
use domain::zone::Zone;
use futures_util::future::join;

impl Call {
    /// Whose the caller says, else the owner's, as far as the caller may know them.
    pub(crate) async fn zone(&self, said: Option<Zone>) -> Result<Zone, Problem> {
        let (None, shelf) = (&said, self.shelf::<Profile>()) else { return Ok(said.unwrap_or(Zone::UTC)) };
        let (admitted, profile) = join(self.admission(), shelf.some([Me::Me])).await;
        let Ok(scope) = admitted?.decide(Action::Read, Resource::Profile, self.at()) else {
            return Ok(Zone::UTC);
        };
        let profile = profile?.into_iter().flatten().next();
        let shows = |profile: &Profile| scope.of(&profile.subject()).is_some_and(|it| it.shows("time_zone"));
        Ok(Profile::zone(profile.filter(shows).as_ref()))
    }

    /// Those of the days that a list is asked for; nothing is read where it is asked for none.
    pub(crate) async fn zone_of(&self, days: Days<'_>) -> Result<Zone, Problem> {
        match days {
            Days::None => Ok(Zone::UTC),
            Days::Of(zone) => Ok(zone.clone()),
            Days::OfTheOwner => self.zone(None).await,
        }
    }
}
