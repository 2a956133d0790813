//! The power fails: of what was written last the end is missing, at any place. Whatever is left is worked off.

use crate::audit::export;
use crate::delivering::{deliveries, drain, event, pass, title, webhook};
use crate::harness::{House, OWNER};
use domain::delivery::State;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Where the log may end: behind each commit. Its page size stands in its header, and whether a frame ends a commit in
/// its own.
fn commits(log: &[u8]) -> Vec<usize> {
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let frame = FRAME_HEADER + number(8) as usize;
    let (salt, starts) = (number(16), (HEADER..log.len()).step_by(frame));
    let valid = starts.take_while(|at| at + frame <= log.len() && number(at + 8) == salt);
    valid.filter(|at| number(at + 4) > 0).map(|at| at + frame).collect()
}

fn cut(from: &Path, log: &[u8]) -> House {
    let folder = tempfile::tempdir().unwrap();
    for file in ["larder.db", "larder.key"] {
        fs::copy(from.join(file), folder.path().join(file)).unwrap();
    }
    fs::write(folder.path().join("larder.db-wal"), log).unwrap();
    House::in_folder(folder)
}

async fn feed(house: &House, key: &str) -> Vec<String> {
    let feed = house.call("GET", "/v1/changes?limit=100", key, None).await.body;
    feed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| format!("{} {}", change["verb"], change["id"]))
        .collect()
}

/// The lines of the audit log, each with the hash of all before it.
async fn sealed(house: &House) -> Vec<String> {
    let export = export(house, OWNER).await;
    let lines = export.lines().filter(|line| !line.starts_with("{\"head\""));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn whatever_it_leaves_is_told_under_the_id_under_which_it_was() {
    let house = House::new();
    let id = webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    drain(&house).await;
    let before = commits(&fs::read(house.folder().join("larder.db-wal")).unwrap()).len();
    let mut told = BTreeMap::new();
    for number in 0..4 {
        house.task(&key, &number.to_string()).await;
        let sent = drain(&house).await;
        told.extend(sent.iter().map(|sent| (title(sent), event(sent).to_owned())));
    }
    assert_eq!(told.len(), 4);

    let log = fs::read(house.folder().join("larder.db-wal")).unwrap();
    let commits = commits(&log);
    assert!(commits.len() > before + 4 * 4, "{} commits", commits.len());
    let (fed, chain) = (feed(&house, &key).await, sealed(&house).await);
    let (mut again, mut kept) = (0, Vec::new());
    for end in &commits[before..] {
        let left = cut(house.folder(), &log[..*end]);
        pass(&left, 60);
        let sent = drain(&left).await;
        again += sent.len();
        assert!(sent.iter().all(|sent| told.get(&title(sent)).is_some_and(|id| id == event(sent))));
        let tasks = left.call("GET", "/v1/tasks", &key, None).await.body["data"].as_array().unwrap().len();
        let states: Vec<_> = deliveries(&left, id).await.iter().map(|one| one.state).collect();
        assert_eq!(states, vec![State::Delivered; tasks], "of {tasks} tasks, behind {end}");
        let fed_again = feed(&left, &key).await;
        assert_eq!((fed_again.len(), &fed[..tasks]), (tasks, &*fed_again), "each has its number again");
        let sealed = sealed(&left).await;
        assert!(sealed.iter().all(|line| chain.contains(line)), "each is sealed as it was: {sealed:?}");
        assert_eq!(chain.len() - sealed.len(), 4 - tasks);
        kept.push(tasks);
    }
    assert!(kept.is_sorted() && kept.last() == Some(&4), "{kept:?}");
    assert!(again >= 4, "what was sent and not yet noted is sent again: {again}");
}
