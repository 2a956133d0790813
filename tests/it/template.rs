//! The SAM template and the code agree: same functions, each route under its own function's path and no other's.

use domain::table::Slot;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Function name (from its `CodeUri`) to the paths that the HTTP API hands it.
fn functions() -> BTreeMap<String, Vec<String>> {
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let mut functions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = None;
    for line in template.lines() {
        let uri = line.trim().strip_prefix("CodeUri: ../target/lambda/");
        if let Some(name) = uri {
            let name = name.trim_end_matches('/').to_owned();
            functions.entry(name.clone()).or_default();
            current = Some(name);
        }
        if let (Some(name), Some((_, rest))) = (&current, line.split_once("ApiId: !Ref Api, Path: ")) {
            let path = rest.split(',').next().unwrap().trim_matches('"').to_owned();
            functions.get_mut(name).unwrap().push(path);
        }
    }
    functions
}

fn is_under(route: &str, path: &str) -> bool {
    match path.strip_suffix("/{proxy+}") {
        Some(prefix) => route.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')),
        None => route == path,
    }
}

#[test]
fn folders_and_template_name_the_same_functions() {
    let mut folders: Vec<_> =
        fs::read_dir(root().join("functions")).unwrap().map(|entry| entry.unwrap()).collect();
    folders.retain(|entry| entry.path().join("Cargo.toml").exists() && entry.file_name() != "local");
    let mut folders: Vec<_> = folders.iter().map(|entry| entry.file_name().into_string().unwrap()).collect();
    folders.sort();
    assert_eq!(folders, functions().into_keys().collect::<Vec<_>>());
}

#[test]
fn each_route_lies_under_its_own_functions_path() {
    let functions = functions();
    for route in local::routes().list().iter().filter(|route| route.function != "local") {
        let takers: Vec<_> = functions
            .iter()
            .filter(|(_, paths)| paths.iter().any(|path| is_under(route.path, path)))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(takers, [route.function], "{} {}", route.method, route.path);
    }
}

#[test]
fn each_path_of_the_template_leads_to_a_route() {
    let routes = local::routes();
    for (name, paths) in functions() {
        for path in paths {
            let mut served = routes.list().iter().filter(|route| route.function == name);
            assert!(served.any(|route| is_under(route.path, &path)), "{name} has no route under {path}");
        }
    }
}

/// Whatever else is written must not invoke anything.
#[test]
fn the_stream_hands_on_what_is_logged_and_nothing_else() {
    use domain::schema::{ASKED, AUDIT, CONNECTIONS, DATA, NOTICE, TRASH, is_logged};
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let prefixes = template.split(r#"{"prefix":""#).skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut prefixes: Vec<_> = prefixes.collect();
    prefixes.sort_unstable();
    assert_eq!(prefixes, [ASKED, AUDIT, CONNECTIONS, DATA, NOTICE, TRASH]);
    assert!(prefixes.iter().all(|prefix| is_logged(prefix)));
}

#[test]
fn the_template_gives_up_on_a_message_when_the_rules_do() {
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    assert!(template.contains(&format!("maxReceiveCount: {}", domain::queue::MOST_RECEIVES)));
}

/// What a transaction can hold, each item by itself.
#[test]
fn who_writes_data_may_do_all_that_a_transaction_does() {
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let (_, rest) = template.split_once("&readAndWriteData").unwrap();
    let (allowed, _) = rest.split_once("Resource:").unwrap();
    for action in ["PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"] {
        assert!(allowed.contains(&format!("- dynamodb:{action}\n")), "{action}");
    }
}

#[test]
fn the_table_has_an_index_for_each_slot() {
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let indexes = template.matches("- IndexName: ").count();
    assert_eq!(indexes, Slot::ALL.len());
    for name in Slot::ALL.map(Slot::name) {
        let index = format!(
            "        - IndexName: {name}
          KeySchema: [{{ AttributeName: pk, KeyType: HASH }}, {{ AttributeName: {name}, KeyType: RANGE }}]
          Projection: {{ ProjectionType: ALL }}\n"
        );
        assert!(template.contains(&index), "{name} is another index, or none");
        assert!(template.contains(&format!("- {{ AttributeName: {name}, AttributeType: S }}")), "{name}");
    }
}
