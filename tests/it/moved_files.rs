//! `larder export` and `larder import`: files, as they are and as they should not be.

use crate::importing::{AT, id};
use clap::Parser as _;
use local::moving::{self, Failure};
use local::{Cli, Command};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn import(&self, file: &Path, more: &[&str]) -> Result<bool, Failure> {
        let arguments = ["larder", "import", file.to_str().unwrap()].into_iter().chain(more.iter().copied());
        match Cli::parse_from(arguments).command {
            Some(Command::Import(options)) => moving::import(&self.file("data"), options),
            _ => panic!("another command"),
        }
    }

    fn export(&self, name: &str) -> PathBuf {
        let to = self.file(name);
        match Cli::parse_from(["larder", "export", "--to", to.to_str().unwrap()]).command {
            Some(Command::Export(options)) => moving::export(&self.file("data"), &options).unwrap(),
            _ => panic!("another command"),
        }
        to
    }

    fn exported(&self) -> Value {
        let text = fs::read_to_string(self.export("exported.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn holding(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let file = self.file("given.json");
        fs::write(&file, text).unwrap();
        file
    }
}

fn records(number: usize) -> Value {
    let record = |nth| {
        json!({
            "id": id("rec", nth), "collection": "books", "data": { "title": "ä".repeat(nth % 2_000) },
            "created_at": AT, "updated_at": AT,
        })
    };
    let books = json!({ "id": "books", "name": "books", "created_at": AT, "updated_at": AT });
    json!({ "collections": [books], "records": (0..number).map(record).collect::<Vec<_>>() })
}

/// What says that it is an export stands first.
fn document(lists: &Value) -> String {
    lists.to_string().replacen('{', r#"{"larder":1,"#, 1)
}

fn broken(done: Result<bool, Failure>) -> String {
    match done {
        Err(failure @ Failure::Broken { .. }) => failure.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_goes_out_and_in_as_json_and_as_zip() {
    let (first, second) = (Machine::new(), Machine::new());
    let given = first.holding(document(&records(650)));
    assert!(first.import(&given, &[]).unwrap());
    let out = first.exported();
    assert_eq!(out["records"].as_array().unwrap().len(), 650);
    let zip = first.export("all.zip");
    assert!(fs::read(&zip).unwrap().starts_with(b"PK"));
    assert!(!first.file("all.zip.part").exists());
    assert!(second.import(&zip, &["--dry-run"]).unwrap());
    assert_eq!(second.exported().get("records"), None);
    for _ in 0..2 {
        assert!(second.import(&zip, &[]).unwrap());
        let there = second.exported();
        assert!(second.import(&zip, &["--dry-run", "--replace"]).unwrap());
        let data = |all: &Value| {
            all["records"].as_array().unwrap().iter().map(|one| one["data"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(data(&there), data(&out));
        assert!(there["records"].as_array().unwrap().iter().all(|one| one["version"] == 1));
    }
}

#[test]
fn nobody_else_may_read_what_was_exported_and_an_empty_larder_is_a_file_too() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    assert!(machine.import(&machine.holding(r#"{"larder":1}"#), &[]).unwrap());
    let out = machine.export("out.json");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(machine.import(&out, &[]).unwrap());
}

#[test]
fn one_item_that_does_not_fit_is_told_and_ends_in_failure() {
    let machine = Machine::new();
    let mut all = records(300);
    all["records"][250]["data"] = json!(5);
    assert!(!machine.import(&machine.holding(document(&all)), &[]).unwrap());
    assert_eq!(machine.exported()["records"].as_array().unwrap().len(), 299);
}

#[test]
fn a_broken_file_is_told_with_its_place_and_what_stood_before_is_there() {
    let machine = Machine::new();
    let whole = document(&records(450));
    let cut = machine.holding(&whole[..whole.len() - 20]);
    assert!(broken(machine.import(&cut, &[])).contains("at line 1 column"));
    let before = machine.exported()["records"].as_array().unwrap().len();
    assert!((200..450).contains(&before), "{before}");
    assert!(machine.import(&machine.holding(&whole), &[]).unwrap());
    assert_eq!(machine.exported()["records"].as_array().unwrap().len(), 450);
}

#[test]
fn what_no_larder_wrote_is_refused() {
    let machine = Machine::new();
    for (text, said) in [
        (String::new(), "EOF"),
        ("[]".to_owned(), "expected what `larder export` wrote"),
        ("hello".to_owned(), "expected value"),
        (r#"{"tasks":[]}"#.to_owned(), "does not begin with"),
        ("{}".to_owned(), "missing field `larder`"),
        (r#"{"larder":2,"tasks":[]}"#.to_owned(), "form 2"),
        (r#"{"larder":1,"tasks":5}"#.to_owned(), "expected a list of items as `tasks`"),
        (r#"{"larder":1,"tasks":[]} {"#.to_owned(), "trailing characters"),
        (format!(r#"{{"larder":1,"tasks":["{}"]}}"#, "x".repeat(300_000)), "longer than"),
        (format!(r#"{{"larder":1,"tasks":[{}]}}"#, "[".repeat(300_000)), "longer than"),
        (format!(r#"{{"larder":1,"{}":[]}}"#, "x".repeat(300_000)), "longer than"),
        (format!(r#"{{"larder":1,{}"tasks":[]}}"#, " ".repeat(300_000)), "longer than"),
    ] {
        let told = broken(machine.import(&machine.holding(&text), &[]));
        assert!(told.contains(said), "{}: {told}", text.chars().take(40).collect::<String>());
    }
    let unknown = machine.holding(r#"{"larder":1,"inventions":[{}]}"#);
    let told = machine.import(&unknown, &[]).unwrap_err().to_string();
    assert!(told.contains("unknown field `inventions`") && told.contains("newer"), "{told}");
    let junk = machine.holding(format!(r#"{{"larder":1,"tasks":[{}0]}}"#, "0,".repeat(2_000)));
    assert!(matches!(machine.import(&junk, &[]), Err(Failure::TooManyRefused)));
}

#[test]
fn a_zip_is_read_for_its_one_file_only() {
    use std::io::Write as _;
    let machine = Machine::new();
    let write = |name: &str, text: &[u8]| {
        let file = machine.file("given.zip");
        let mut zip = zip::ZipWriter::new(fs::File::create(&file).unwrap());
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
        zip.finish().unwrap();
        file
    };
    for name in ["../larder.json", "/etc/larder.json", "x/larder.json", "tasks.json"] {
        let told = machine.import(&write(name, b"{\"larder\":1}"), &[]).unwrap_err().to_string();
        assert!(told.contains("has no `larder.json`"), "{name}: {told}");
        assert!(!machine.file("larder.json").exists());
    }
    // Unpacked it would be a hundred megabytes.
    let bomb = write("larder.json", &vec![b' '; 100_000_000]);
    assert!(fs::metadata(&bomb).unwrap().len() < 1_000_000);
    assert!(broken(machine.import(&bomb, &[])).contains("longer than"));
    // Cut off, or altered.
    let whole = fs::read(write("larder.json", document(&records(300)).as_bytes())).unwrap();
    for bytes in [&whole[..whole.len() / 2], &b"PK\x03\x04"[..]] {
        assert!(machine.import(&machine.holding(bytes), &[]).is_err());
    }
}

#[test]
fn a_token_goes_only_where_nobody_listens_in() {
    let machine = Machine::new();
    let token = machine.file("token");
    fs::write(&token, "secret\n").unwrap();
    let file = machine.holding(r#"{"larder":1}"#);
    let more = ["--token-file", token.to_str().unwrap(), "--into"];
    for address in ["http://example.com", "http://10.0.0.1:4747", "ftp://127.0.0.1", "mailto:me@example.com"]
    {
        let told = machine.import(&file, &[&more[..], &[address]].concat()).unwrap_err();
        assert!(matches!(told, Failure::Address(_)), "{address}: {told}");
    }
    assert!(matches!(machine.import(&file, &["--into", "https://larder.example"]), Err(Failure::NoToken)));
}
