//! `larder audit verify`, with exports that were tampered with.

use crate::audit::{export, faults};
use crate::harness::{House, OWNER};
use clap::Parser as _;
use domain::audit::{End, Known, LastLine, What};
use jiff::SignedDuration;
use serde_json::Value;
use std::process::ExitCode;

#[tokio::test]
async fn the_command_finds_what_was_tampered_with() {
    let house = House::new();
    house.call("GET", "/connections", OWNER, None).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let key = house.api("full_access").await;
    house.clock.advance(SignedDuration::from_secs(1));
    for title in ["Milk", "Bread", "Tea"] {
        house.task(&key, title).await;
        house.clock.advance(SignedDuration::from_secs(1));
    }
    house.pump.drain().await.unwrap();
    let lines: Vec<String> = export(&house, OWNER).await.lines().map(str::to_owned).collect();
    let last = lines.len();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.jsonl");
    let verify = |lines: &[String], more: &[&str]| {
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        let arguments = [&["larder", "audit", "verify", file.to_str().unwrap()], more].concat();
        let ended = local::run(local::Cli::try_parse_from(arguments).unwrap());
        (
            local::verify(&file, Known::default()).unwrap().0,
            format!("{ended:?}") == format!("{:?}", ExitCode::SUCCESS),
        )
    };
    let (said, whole) = verify(&lines, &[]);
    assert!(whole && said.contains(&format!("{} entries, 1 to {}", last - 1, last - 1)), "{said}");
    let altered = lines[1].replace("connection.created", "connection.deleted");
    let cut: Vec<String> = [&lines[..1], &lines[2..]].concat();
    let swapped = [&lines[1..2], &lines[..1], &lines[2..]].concat();
    let no_tail = [&lines[..last - 2], &lines[last - 1..]].concat();
    for (tampered, expected) in [
        ([&lines[..1], &[altered], &lines[2..]].concat(), "line 2, entry 2: it was altered"),
        (cut, "line 2, entry 3: entry 2 is missing"),
        (swapped, "line 2, entry 1: it is not in its place"),
        (no_tail, &*format!("line {}: entry {} is missing", last - 1, last - 1)),
        (lines[..last - 1].to_vec(), &*format!("line {last}: the last line")),
        (Vec::new(), "line 1: this is not a line"),
    ] {
        let (said, whole) = verify(&tampered, &[]);
        assert!(!whole && said.contains(expected), "{said}");
    }
    let hash = |line: &str| serde_json::from_str::<Value>(line).unwrap()["hash"].as_str().unwrap().to_owned();
    assert!(verify(&lines, &["--head", &hash(&lines[1])]).1);
    assert!(!verify(&lines, &["--head", &"0".repeat(64)]).1);
    let head = house.call("GET", "/audit/head", OWNER, None).await.body;
    let known = ["--first", "1", "--head", head["hash"].as_str().unwrap()];
    assert!(verify(&lines, &known).1);
    let end = |first: u64, seq: u64| {
        let head = End { first, seq, hash: hash(&lines[seq as usize - 1]).parse().unwrap() };
        serde_json::to_string(&LastLine { head }).unwrap()
    };
    let shorter = [&lines[1..last - 1], &[end(2, last as u64 - 1)]].concat();
    let (said, whole) = verify(&shorter, &[]);
    assert!(whole && said.contains("Not proven: that nothing was cut off before entry 2"), "{said}");
    assert!(
        said.contains(&format!("Not proven: that nothing was cut off behind entry {}", last - 1)),
        "{said}"
    );
    assert!(!verify(&shorter, &known).1);
    let shorter = [&lines[..last - 2], &[end(1, last as u64 - 2)]].concat();
    assert!(verify(&shorter, &[]).1 && !verify(&shorter, &known).1);
    assert!(!verify(&lines[last - 1..], &[]).1, "nothing but a last line");
    assert!(local::Cli::try_parse_from(["larder", "audit", "verify", "x", "--head", "abc"]).is_err());
    assert!(local::verify(&folder.path().join("none"), Known::default()).is_err());
    assert_eq!(faults(&lines[..1].join("\n"))[0].what, What::NoEnd);
}

#[tokio::test]
async fn a_file_that_was_saved_again_is_read_and_one_that_is_no_utf_8_is_named() {
    let house = House::new();
    house.api("full_access").await;
    house.pump.drain().await.unwrap();
    let text = export(&house, OWNER).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.jsonl");
    let verify = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        local::verify(&file, Known::default())
    };
    let lines = text.replace('\n', "\r\n");
    for saved in
        [format!("\u{feff}{text}"), lines.clone(), format!("\u{feff}{lines}"), text.trim_end().to_owned()]
    {
        let (said, whole) = verify(saved.as_bytes()).unwrap();
        assert!(whole, "{said}");
    }
    let altered = lines.replacen("connection.created", "connection.deleted", 1);
    let marked_twice = format!("\u{feff}\u{feff}{text}");
    for altered in [altered, marked_twice, text.replacen('\n', "\r\r\n", 1)] {
        assert!(!verify(altered.as_bytes()).unwrap().1, "{altered}");
    }
    let wide: Vec<u16> = text.encode_utf16().collect();
    let marked: Vec<u16> = std::iter::once(0xfeff).chain(wide.iter().copied()).collect();
    for wide in [wide, marked] {
        let little: Vec<u8> = wide.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = wide.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [little, big] {
            assert!(verify(&bytes).unwrap_err().to_string().contains("UTF-16"));
        }
    }
}
