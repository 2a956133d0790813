//! Every spelling of an address that nobody outside may name.

use crate::places::{Places, get, public};
use domain::outbound::{Outbound as _, OutboundError, Reach as _};
use outbound::{Egress, Exempt};
use std::net::Ipv4Addr;
use std::sync::Arc;

const PRIVATE_V4: [[u8; 4]; 24] = [
    [0, 0, 0, 0],
    [0, 1, 2, 3],
    [10, 0, 0, 1],
    [10, 255, 255, 255],
    [100, 64, 0, 1],
    [100, 100, 100, 200],
    [127, 0, 0, 1],
    [127, 1, 2, 3],
    [127, 255, 255, 254],
    [168, 63, 129, 16],
    [169, 254, 169, 254],
    [169, 254, 170, 2],
    [172, 16, 0, 1],
    [172, 31, 255, 255],
    [192, 0, 0, 8],
    [192, 0, 2, 1],
    [192, 88, 99, 1],
    [192, 168, 0, 1],
    [192, 168, 255, 255],
    [198, 18, 0, 1],
    [198, 51, 100, 7],
    [203, 0, 113, 9],
    [224, 0, 0, 1],
    [255, 255, 255, 255],
];

/// As inet_aton reads it, and as IPv6 carries it.
fn spellings(address: [u8; 4]) -> Vec<String> {
    let [a, b, c, d] = address;
    let [ab, cd] = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
    let whole = Ipv4Addr::from(address).to_bits();
    let last_three = whole & 0x00ff_ffff;
    vec![
        format!("{a}.{b}.{c}.{d}"),
        format!("{a}.{b}.{c}.{d}."),
        format!("{whole}"),
        format!("{whole:#x}"),
        format!("{whole:#X}").replace("0X", "0x"),
        format!("0{whole:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("000{a:o}.{b}.{c:#x}.{d}"),
        format!("{a}.{last_three}"),
        format!("{a}.{b}.{cd}"),
        format!("{}.{}.{}.{}", percent(a), percent(b), percent(c), percent(d)),
        format!("{}.{}.{}.{}", wide(a), wide(b), wide(c), wide(d)),
        format!("{a}\u{3002}{b}\u{ff0e}{c}\u{ff61}{d}"),
        format!("[::ffff:{a}.{b}.{c}.{d}]"),
        format!("[::ffff:{ab:x}:{cd:x}]"),
        format!("[0:0:0:0:0:ffff:{ab:x}:{cd:x}]"),
        format!("[::{ab:x}:{cd:x}]"),
        format!("[::ffff:0:{ab:x}:{cd:x}]"),
        format!("[64:ff9b::{ab:x}:{cd:x}]"),
        format!("[64:ff9b:1::{ab:x}:{cd:x}]"),
        format!("[2002:{ab:x}:{cd:x}::1]"),
        format!("[fe80::5efe:{ab:x}:{cd:x}]"),
        format!("[2001:0:{ab:x}:{cd:x}::1]"),
    ]
}

fn percent(part: u8) -> String {
    part.to_string().bytes().map(|digit| format!("%{digit:02x}")).collect()
}

fn wide(part: u8) -> String {
    part.to_string().chars().map(|digit| char::from_u32(digit as u32 - 0x30 + 0xff10).unwrap()).collect()
}

const OTHERS: [&str; 45] = [
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fdff:ffff::1]/",
    "https://[fe80::1]/",
    "https://[febf::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[2001:db8::1]/",
    "https://[2001:1::1]/",
    "https://[2001:10::1]/",
    "https://[2001:20::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://l%6fcalhost/",
    "https://ⓛocalhost/",
    "https://printer.local/",
    "https://printer.LOCAL./",
    "https://metadata.google.internal/",
    "https://instance-data.ec2.internal/",
    "https://router.lan/",
    "https://nas.home/",
    "https://nas.home.arpa/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://intranet/",
    "https://kubernetes/",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://:secret@example.com/",
    "https://example.com@127.0.0.1/",
    "http://example.com/",
    "ftp://example.com/",
    "ws://example.com/",
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:6379/",
    "https://example.com:80/",
    "https://example.com:0/",
];

#[tokio::test]
async fn no_spelling_of_a_private_place_is_permitted_or_reached() {
    let places = Arc::new(Places::new(|nth| vec![public(nth)]).await);
    let exempt = Exempt::default();
    let egress = Egress::over(exempt.clone(), places.clone());
    let spelled = PRIVATE_V4.into_iter().flat_map(spellings).map(|host| format!("https://{host}/hook"));
    let all: Vec<String> = spelled.chain(OTHERS.map(str::to_owned)).collect();
    let mut unreadable = 0;
    for text in &all {
        let Ok(url) = text.parse() else {
            unreadable += 1;
            continue;
        };
        assert!(exempt.permits(&url).is_err(), "{text} is permitted");
        let answer = egress.send(get(text)).await;
        assert!(matches!(answer, Err(OutboundError::Forbidden(_))), "{text}: {answer:?}");
    }
    println!(
        "{} spellings, {unreadable} of them no URL, {:?} dialled (public, private)",
        all.len(),
        places.counted()
    );
    assert!(
        all.len() - unreadable >= 300 && places.counted() == (0, 0),
        "{unreadable}, {:?}",
        places.counted()
    );
}
