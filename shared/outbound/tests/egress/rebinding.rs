//! A name that is public when it is checked and private when it is dialled: there is no such moment.

use crate::places::{PUBLIC, Places, get, public};
use domain::outbound::{Outbound as _, OutboundError};
use outbound::{Egress, Exempt, Wires as _};
use std::net::IpAddr;
use std::sync::Arc;

const PRIVATE: [&str; 8] = [
    "127.0.0.1",
    "169.254.169.254",
    "10.0.0.7",
    "100.64.0.1",
    "::1",
    "fd00:ec2::254",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
];

fn private(nth: usize) -> IpAddr {
    PRIVATE[nth % PRIVATE.len()].parse().unwrap()
}

/// What a thousand look-ups answer, one after the other: all public, all private, both, and private first or last.
fn changing(nth: usize) -> Vec<IpAddr> {
    match nth % 5 {
        0 => vec![public(nth)],
        1 => vec![private(nth)],
        2 => vec![public(nth), private(nth)],
        3 => vec![private(nth), public(nth)],
        _ => vec![public(nth), public(nth + 1), private(nth), public(nth + 2)],
    }
}

#[tokio::test]
async fn a_name_that_changes_what_it_stands_for_reaches_nothing_private() {
    let places = Arc::new(Places::new(changing).await);
    let egress = Egress::over(Exempt::default(), places.clone());
    let mut refused = 0;
    for nth in 0..1_000 {
        let answer = egress.send(get(&format!("https://hook-{nth}.example.com/"))).await;
        refused += usize::from(matches!(answer, Err(OutboundError::Forbidden(_))));
    }
    println!("1,000 look-ups: {refused} refused, {:?} dialled (public, private)", places.counted());
    assert_eq!((refused, places.counted()), (800, (200, 0)));
    assert_eq!(places.asked.load(std::sync::atomic::Ordering::SeqCst), 1_000, "each name is looked up once");
}

/// That the count above can be other than none: whoever looks up again to dial is caught.
#[tokio::test]
async fn looking_up_twice_would_be_seen() {
    let places = Places::new(changing).await;
    for _ in 0..500 {
        let checked = places.look_up("hook.example.com", 443).await.unwrap();
        let dialled = places.look_up("hook.example.com", 443).await.unwrap();
        if checked.iter().all(|address| PUBLIC.contains(&address.ip().to_string().as_str())) {
            places.dial(&dialled).await.unwrap();
        }
    }
    assert!(places.counted().1 > 0, "{:?}", places.counted());
}

#[tokio::test]
async fn a_hundred_public_hosts_are_reached() {
    let places = Arc::new(Places::new(|nth| vec![public(nth)]).await);
    let egress = Egress::over(Exempt::default(), places.clone());
    for nth in 0..100 {
        let port = if nth % 2 == 0 { "" } else { ":8443" };
        let answer = egress.send(get(&format!("https://hooks.customer-{nth}.example{port}/in?x=1"))).await;
        // The listener has no certificate; that it was come to is what counts.
        assert!(matches!(answer, Err(OutboundError::Unreachable(_))), "{answer:?}");
    }
    assert_eq!(places.counted(), (100, 0));
}
