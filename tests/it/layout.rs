//! The lines that the architecture draws, read from the manifests.

use std::fs;
use std::path::Path;

const FUNCTIONS: [&str; 9] =
    ["approvals", "audit", "connections", "data", "mcp", "oauth", "changes", "deliver", "due"];

/// What was approved is done on the routes that it was sent to: it is a host of theirs.
const HOSTED: [(&str, &str); 2] = [("approvals", "data"), ("approvals", "mcp")];

fn manifest(folder: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(folder).join("Cargo.toml")).unwrap()
}

fn dependencies(folder: &str) -> Vec<String> {
    let manifest = manifest(folder);
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn the_rules_know_no_http_no_aws_and_no_runtime() {
    for name in dependencies("shared/domain") {
        let foreign =
            ["axum", "http", "hyper", "tokio", "tower", "web", "embedded", "outbound", "lambda", "getrandom"];
        assert!(!foreign.contains(&name.as_str()) && !name.starts_with("aws"), "domain depends on {name}");
    }
}

#[test]
fn only_shared_aws_and_the_mains_name_aws() {
    for folder in ["shared/web", "shared/embedded", "shared/outbound", "functions/local"] {
        assert!(
            dependencies(folder).iter().all(|name| !name.starts_with("aws") && !name.starts_with("lambda")),
            "{folder}"
        );
    }
    for function in FUNCTIONS {
        let folder = format!("functions/{function}");
        assert!(manifest(&folder).contains("aws = { workspace = true, optional = true }"), "{function}");
        assert!(
            dependencies(&folder).iter().all(|name| name == "aws" || !name.starts_with("aws")),
            "{function}"
        );
    }
}

#[test]
fn no_function_leans_on_another() {
    for function in FUNCTIONS {
        let folder = format!("functions/{function}");
        let leans = |name: &String| {
            FUNCTIONS.contains(&name.as_str()) && !HOSTED.contains(&(function, name.as_str()))
        };
        assert!(!dependencies(&folder).iter().any(leans), "{function}");
    }
}
