//! Apps that a document describes: it is fetched for a signed-in owner only, from no private place, and believed only
//! if it speaks of itself.

use super::flow::{BACK, Tokens, allow, is_refused, page, post, refresh, status, trade, wanted};
use crate::harness::{House, OWNER};
use serde_json::{Value, json};

const ID: &str = "https://app.example/client.json";

fn tell(house: &House, document: &Value) {
    *house.network.body.lock().unwrap() = document.to_string().into_bytes();
}

fn document() -> Value {
    json!({ "client_id": ID, "client_name": "Notes", "redirect_uris": [BACK], "logo_uri": "https://logo.example/x" })
}

#[tokio::test]
async fn an_app_gets_in_by_its_document() {
    let house = House::new();
    house.api("read_only").await;
    tell(&house, &document());
    let nobody = page(&house, &wanted(ID), None).await;
    assert!(nobody.status == 200 && nobody.text.contains("Sign in first"), "{}", nobody.text);
    assert!(house.network.take().is_empty(), "nobody is asked for whoever comes along");
    let shown = page(&house, &wanted(ID), Some(OWNER)).await;
    assert!(
        shown.status == 200 && shown.text.contains("Who it is says <b>app.example</b>"),
        "{}",
        shown.text
    );
    let sent = house.network.take();
    assert_eq!(sent.iter().map(|sent| sent.url.as_str()).collect::<Vec<_>>(), [ID], "nor its logo");
    let code = allow(&house, &wanted(ID), |_| true).await.told("code").unwrap();
    house.network.take();
    let tokens = Tokens::of(&post(&house, "/token", &trade(ID, &code)).await);
    assert_eq!(status(&house, &tokens.access).await, 200);
    assert_eq!(refresh(&house, ID, &tokens.refresh).await.status, 200);
    assert!(house.network.take().is_empty(), "what was consented to is known");
}

#[tokio::test]
async fn a_document_that_is_none_is_one_refusal() {
    let house = House::new();
    house.api("read_only").await;
    let with = |name: &str, value: Value| {
        let mut document = document();
        document[name] = value;
        document
    };
    let mut said = std::collections::BTreeSet::new();
    for document in [
        with("client_id", json!("https://app.example/client.json/")),
        with("client_id", json!("https://other.example/client.json")),
        with("client_secret", json!("x")),
        with("token_endpoint_auth_method", json!("client_secret_post")),
        with("redirect_uris", json!([])),
        with("redirect_uris", json!([BACK, "javascript:alert(1)"])),
        with("client_name", json!("x".repeat(101))),
        with("padding", json!("x".repeat(5_000))),
        json!("<html>"),
        json!({}),
    ] {
        tell(&house, &document);
        let shown = page(&house, &wanted(ID), Some(OWNER)).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{document}");
        said.insert(shown.text);
    }
    tell(&house, &document());
    for status in [404, 301, 302, 204, 500] {
        house.network.replies.lock().unwrap().push_back(status);
        let shown = page(&house, &wanted(ID), Some(OWNER)).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{status}");
        said.insert(shown.text);
    }
    assert_eq!(said.len(), 1, "nobody learns what lies there");
    tell(&house, &with("redirect_uris", json!(["https://app.example/other"])));
    let shown = page(&house, &wanted(ID), Some(OWNER)).await;
    assert_eq!((shown.status, shown.location()), (400, None), "it names another place");
}

#[tokio::test]
async fn nothing_private_is_asked() {
    let house = House::new();
    house.api("read_only").await;
    for id in [
        "http://app.example/client.json",
        "https://app.example",
        "https://app.example/",
        "https://app.example/client.json#x",
        "https://user@app.example/client.json",
        "https://app.example/./client.json",
        "https://app.example/x/../client.json",
        "https://app.example:443/client.json",
        "https://APP.example/client.json",
        "https://127.0.0.1/client.json",
        "https://127.1/client.json",
        "https://2130706433/client.json",
        "https://0x7f.1/client.json",
        "https://0177.0.0.1/client.json",
        "https://10.0.0.1/client.json",
        "https://172.16.0.1/client.json",
        "https://192.168.1.1/client.json",
        "https://100.64.0.1/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://168.63.129.16/client.json",
        "https://0.0.0.0/client.json",
        "https://[::1]/client.json",
        "https://[::ffff:127.0.0.1]/client.json",
        "https://[::ffff:7f00:1]/client.json",
        "https://[64:ff9b::7f00:1]/client.json",
        "https://[fd00:ec2::254]/client.json",
        "https://[fe80::1]/client.json",
        "https://localhost/client.json",
        "https://localhost./client.json",
        "https://larder.local/client.json",
        "https://db.internal/client.json",
        "https://intranet/client.json",
        "https://app.example:22/client.json",
        "https://app.example:8080/client.json",
        "file:///etc/passwd",
        "ftp://app.example/client.json",
    ] {
        let mut said = document();
        said["client_id"] = json!(id);
        tell(&house, &said);
        let shown = page(&house, &wanted(id), Some(OWNER)).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{id}");
        assert!(house.network.take().is_empty(), "{id}");
    }
    is_refused(&post(&house, "/token", &trade("http://app.example/x", "x")).await, 401, "invalid_client");
}
