//! Puts the embedded ports together.

use crate::behind::Behind;
use crate::guard::{Hosts, guard};
use crate::identity::LocalOwner;
use crate::pages::Commands;
use crate::pump::Pump;
use crate::routes;
use axum::middleware::from_fn_with_state;
use axum::{Extension, Router};
use changes::{Changes, FanOut, Sealer};
use deliver::Deliver;
use domain::clock::{Clock, Entropy};
use domain::data_keys::DataKeys;
use domain::ledger::Direct;
use domain::outbound::{Outbound, Reach};
use due::Sweep;
use embedded::{Lock, OpenError, Opened, Store};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;
use web::{App, Ports, Site};

/// What is not the same on every machine.
pub struct Settings {
    pub listen: SocketAddr,
    pub hosts: String,
    /// Where others reach it, if that is not the name by which it is called.
    pub public_url: Option<Url>,
    pub outbound: Arc<dyn Outbound>,
    pub reach: Arc<dyn Reach>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

pub struct Host {
    pub router: Router,
    pub app: App,
    pub pump: Arc<Pump>,
    pub owner: Arc<LocalOwner>,
    pub ledger: Behind,
    pub store: Store,
    pub file: PathBuf,
    pub lock: Lock,
}

impl Host {
    /// In a runtime, because notes are written beside the calls.
    pub fn open(folder: &Path, settings: Settings) -> Result<Self, OpenError> {
        let Settings { listen, hosts, public_url, outbound, reach, clock, entropy } = settings;
        let Opened { store, keys, file, lock } =
            embedded::open(folder, Arc::clone(&clock), Arc::clone(&entropy))?;
        let owner = Arc::new(LocalOwner::new(&keys, Arc::clone(&clock), Arc::clone(&entropy)));
        let (table, beside) = (Arc::new(store.clone()), Arc::new(store.for_consumers()));
        let patient = Arc::new(store.for_patient_consumers());
        let data_keys = Arc::new(DataKeys::new(Arc::clone(&table) as _, Arc::new(keys)));
        let changes = Changes {
            sealer: Sealer {
                table: Arc::clone(&beside) as _,
                clock: Arc::clone(&clock),
                entropy: Arc::clone(&entropy),
            },
            fan_out: FanOut::new(
                Arc::clone(&patient) as _,
                Arc::new(store.for_tellers()),
                Arc::clone(&clock),
                Arc::clone(&entropy),
            ),
        };
        let deliver = Deliver {
            table: patient,
            keys: Arc::clone(&data_keys),
            outbound: Arc::clone(&outbound),
            queue: Arc::clone(&beside) as _,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        };
        let due = Sweep {
            table: Arc::clone(&beside) as _,
            queue: beside,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        };
        let pump = Pump { store: store.clone(), clock: Arc::clone(&clock), changes, deliver, due };
        let identity = Arc::clone(&owner) as _;
        let ledger = Behind::start(Direct::new(Arc::clone(&table) as _));
        let notes = Arc::new(ledger.clone());
        let app = App::new(Ports {
            keys: data_keys,
            ledger: notes,
            table,
            identity,
            reach,
            outbound,
            site: Site::new("http", public_url.as_ref()),
            clock,
            entropy,
        });
        let checks = from_fn_with_state(Hosts::new(listen, &hosts), guard);
        let (signing_in, commands) = (Extension(Arc::clone(&owner)), Extension(Arc::new(commands(folder))));
        let router = routes()
            .serve_within(app.clone(), |router| router.layer(signing_in).layer(commands).layer(checks));
        Ok(Self { router, app, pump: Arc::new(pump), owner, ledger, store, file, lock })
    }
}

fn commands(folder: &Path) -> Commands {
    let program = std::env::current_exe().unwrap_or_else(|_| "larder".into());
    let command = |name: &str| format!("'{}' {name} --data '{}'", program.display(), folder.display());
    Commands { owner_token: command("owner-token"), sign_in: command("sign-in") }
}
