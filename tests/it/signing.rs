//! How deliveries are signed, before and after the secret was replaced.

use crate::harness::{House, OTHER_OWNER, OWNER};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::clock::Clock as _;
use domain::connection::Signature;
use domain::delivery::SigningSecret;
use domain::id::{ConnectionId, OpId, OwnerId};
use domain::keyring::Purpose;
use domain::outbound::Request as Sent;
use domain::table::{Expect, Put, Table as _};
use domain::{schema, seal};
use jiff::SignedDuration;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

const URL: &str = "https://receiver.example/hook";

/// Its id, and what it is signed with.
async fn webhook(house: &House, signature: &str) -> (String, SigningSecret) {
    let config = json!({ "target_url": URL, "signature": signature });
    let input = json!({ "kind": "webhook", "name": "hook", "preset": "read_only", "config": config });
    let made = house.call("POST", "/connections", OWNER, Some(input)).await;
    (made.text("/connection/id"), secret(&made.text("/signing_secret")))
}

fn secret(text: &str) -> SigningSecret {
    SigningSecret::from_bytes(STANDARD.decode(text.strip_prefix("whsec_").unwrap()).unwrap())
}

async fn rotate(house: &House, id: &str, hours: u8) -> SigningSecret {
    let body = json!({ "overlap_hours": hours });
    let path = format!("/connections/{id}/rotate-secret");
    secret(&house.call("POST", &path, OWNER, Some(body)).await.text("/signing_secret"))
}

async fn seen(house: &House, id: &str) -> Value {
    house.call("GET", &format!("/connections/{id}"), OWNER, None).await.body["signing"].clone()
}

/// What is sent of one more task.
async fn sent(house: &House, key: &str) -> Sent {
    house.task(key, "Milk").await;
    house.pump.drain().await.unwrap();
    let [sent] = &house.network.take()[..] else { panic!("one delivery expected") };
    sent.clone()
}

fn header<'a>(sent: &'a Sent, name: &str) -> &'a str {
    &sent.headers.iter().find(|(named, _)| *named == name).unwrap().1
}

fn signatures(sent: &Sent) -> Vec<&str> {
    header(sent, "webhook-signature").split(' ').collect()
}

fn signed(house: &House, secret: &SigningSecret, sent: &Sent) -> String {
    let id = header(sent, "webhook-id");
    secret.sign(Signature::V1, id, house.clock.now(), &sent.body).unwrap().unwrap()
}

/// Whether one of the signatures is of this key.
fn is_of(public: &Value, sent: &Sent) -> bool {
    let key = STANDARD.decode(public.as_str().unwrap().strip_prefix("whpk_").unwrap()).unwrap();
    let message = [header(sent, "webhook-id"), header(sent, "webhook-timestamp"), &sent.body].join(".");
    let fits = |one: &&str| {
        let signature = STANDARD.decode(one.strip_prefix("v1a,").unwrap()).unwrap();
        UnparsedPublicKey::new(&ED25519, &key).verify(message.as_bytes(), &signature).is_ok()
    };
    signatures(sent).iter().any(fits)
}

#[tokio::test]
async fn a_replaced_secret_signs_besides_for_as_long_as_was_chosen() {
    let house = House::new();
    let (id, first) = webhook(&house, "v1").await;
    let key = house.api("full_access").await;
    assert_eq!(seen(&house, &id).await["replaced_until"], Value::Null);
    house.clock.advance(SignedDuration::from_secs(1));
    let second = rotate(&house, &id, 24).await;
    let during = sent(&house, &key).await;
    assert_eq!(signatures(&during), [signed(&house, &second, &during), signed(&house, &first, &during)]);
    let view = seen(&house, &id).await;
    assert_eq!(
        (&view["created_at"], &view["replaced_until"]),
        (&json!("2027-01-15T08:00:01Z"), &json!("2027-01-16T08:00:01Z"))
    );
    house.clock.advance(SignedDuration::from_hours(24));
    let after = sent(&house, &key).await;
    assert_eq!(signatures(&after), [signed(&house, &second, &after)]);
    let third = rotate(&house, &id, 0).await;
    let at_once = sent(&house, &key).await;
    assert_eq!(signatures(&at_once), [signed(&house, &third, &at_once)]);
    // However often it is replaced, few sign.
    for _ in 0..6 {
        rotate(&house, &id, 168).await;
    }
    assert_eq!(signatures(&sent(&house, &key).await).len(), 4);
}

#[tokio::test]
async fn a_public_key_checks_what_only_larder_can_sign() {
    let house = House::new();
    let (id, shared) = webhook(&house, "v1a").await;
    let key = house.api("full_access").await;
    let first = seen(&house, &id).await["public_key"].clone();
    let one = sent(&house, &key).await;
    assert!(is_of(&first, &one) && signatures(&one).len() == 1);
    // Nothing that the receiver of `v1` knows makes it.
    assert_eq!(shared.public_key().unwrap(), None);
    rotate(&house, &id, 1).await;
    let second = seen(&house, &id).await["public_key"].clone();
    let both = sent(&house, &key).await;
    assert!(first != second && is_of(&first, &both) && is_of(&second, &both) && signatures(&both).len() == 2);
    let mut altered = both;
    altered.body.push(' ');
    assert!(!is_of(&second, &altered));
}

#[tokio::test]
async fn a_secret_of_before_there_were_public_keys_signs_as_it_did_until_it_is_replaced() {
    let house = House::new();
    let (id, _) = webhook(&house, "v1").await;
    let key = house.api("full_access").await;
    let old = SigningSecret::from_bytes(vec![7; 32]);
    age(&house, &id, &old).await;
    assert_eq!(seen(&house, &id).await["public_key"], Value::Null);
    let one = sent(&house, &key).await;
    assert_eq!(signatures(&one), [signed(&house, &old, &one)]);
    let path = format!("/connections/{id}");
    let wanted = json!({ "config": { "target_url": URL, "signature": "v1a" } });
    let refused = house.call("PATCH", &path, OWNER, Some(wanted.clone())).await;
    assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), "/config/signature");
    rotate(&house, &id, 1).await;
    assert_eq!(house.call("PATCH", &path, OWNER, Some(wanted)).await.status, 200);
    let after = sent(&house, &key).await;
    assert!(signatures(&after).len() == 1 && is_of(&seen(&house, &id).await["public_key"], &after));
}

/// As it was stored when secrets had one half.
async fn age(house: &House, id: &str, secret: &SigningSecret) {
    let (owner, connection) = (OwnerId::of("test", "one"), id.parse::<ConnectionId>().unwrap());
    let row = house.store.get(&schema::connection(owner, connection)).await.unwrap().unwrap();
    let mut body: Value = serde_json::from_str(&row.body).unwrap();
    body["version"] = (row.version + 1).into();
    let data_key = house.app.keys.find(owner, Purpose::Webhook).await.unwrap().unwrap();
    let sealed = seal::seal(&data_key, id, [1; 12], &secret.to_bytes()).unwrap();
    let face = body["face"].as_object_mut().unwrap();
    face.insert("secret".to_owned(), serde_json::to_value(sealed).unwrap());
    face.retain(|name, _| ["kind", "config", "secret"].contains(&name.as_str()));
    let put = Put::new(row.key, body.to_string(), Expect::Version(row.version));
    house.store.put(put, OpId::from_bytes([9; 16])).await.unwrap();
}

#[tokio::test]
async fn only_the_owner_of_a_webhook_replaces_its_secret_and_once() {
    let house = House::new();
    let (id, _) = webhook(&house, "v1").await;
    let path = format!("/connections/{id}/rotate-secret");
    house.call("POST", &path, OTHER_OWNER, None).await.is_problem(404);
    house.call("POST", &path, &house.api("full_access").await, None).await.is_problem(403);
    for hours in [json!(-1), json!(169), json!("1")] {
        house.call("POST", &path, OWNER, Some(json!({ "overlap_hours": hours }))).await.is_problem(400);
    }
    let (other, _) = house.connect(json!({ "kind": "api", "name": "Script" })).await;
    let refused = house.call("POST", &format!("/connections/{other}/rotate-secret"), OWNER, None).await;
    assert!(refused.is_problem(409).text("/detail").contains("kind webhook"));
    let again = async || {
        let mut request = crate::harness::request("POST", &path, Some(OWNER), Some(json!({})));
        request.headers_mut().insert("idempotency-key", "once".parse().unwrap());
        house.send(request).await.text("/signing_secret")
    };
    assert_eq!(again().await, again().await);
}
