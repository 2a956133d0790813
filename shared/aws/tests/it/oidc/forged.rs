//! Tokens that must not pass, each with the reason why.

use super::issuer::{AUDIENCE, ISSUER, Issuer, NOW, Signer, claims, message, rsa, sign, text, token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::{KeyPair, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding};
use serde_json::{Value, json};

pub(crate) fn all(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let mut all = claimed(issuer);
    all.extend(with_another_algorithm(issuer));
    all.extend(with_another_key(issuer));
    all.extend(bent(issuer));
    all
}

/// Signed as they should be, but saying what they should not.
fn claimed(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        claims
    };
    let all = [
        ("no audience", without("aud")),
        ("another audience", with("aud", json!("other"))),
        ("only other audiences", with("aud", json!(["other", "another"]))),
        ("an empty list of audiences", with("aud", json!([]))),
        ("an audience that only begins like ours", with("aud", json!(format!("{AUDIENCE}2")))),
        ("no audience but null", with("aud", Value::Null)),
        ("no issuer", without("iss")),
        ("another issuer", with("iss", json!("https://evil.example"))),
        ("the issuer with a slash", with("iss", json!(format!("{ISSUER}/")))),
        ("a list of issuers", with("iss", json!([ISSUER]))),
        ("no expiry", without("exp")),
        ("an expiry as text", with("exp", json!((NOW + 600).to_string()))),
        ("expired six seconds ago", with("exp", json!(NOW - 6))),
        ("expired before the first day", with("exp", json!(-1))),
        ("no moment of issue", without("iat")),
        ("a moment of issue as text", with("iat", json!("whenever"))),
        ("issued in six seconds", with("iat", json!(NOW + 6))),
        ("issued before time began", with("iat", json!(-1e300))),
        ("not valid for another six seconds", with("nbf", json!(NOW + 6))),
        ("a beginning as text", with("nbf", json!((NOW - 1).to_string()))),
        ("no subject", without("sub")),
        ("an empty subject", with("sub", json!(""))),
        ("a number as subject", with("sub", json!(7))),
        ("claims that are a list", json!([claims()])),
        ("claims that are text", json!("claims")),
    ];
    all.map(|(why, claims)| (why, token(issuer, Signer::Rsa, &claims))).into()
}

fn with_another_algorithm(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let head = |alg: &str, kid: &str| message(&json!({"alg": alg, "kid": kid}), &claims());
    let unsigned = |alg: &str| format!("{}.", head(alg, "rsa"));
    let hmac_with = |kid: &str, key: &[u8]| {
        let message = head("HS256", kid);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
        format!("{message}.{}", text(tag.as_ref()))
    };
    let rsa_as = |alg: &str, padding: &'static dyn RsaEncoding| {
        let message = head(alg, "rsa");
        format!("{message}.{}", text(&rsa(&issuer.rsa, padding, &message)))
    };
    vec![
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg NONE with a signature", format!("{}{}", unsigned("NONE"), text(&[7; 256]))),
        ("no alg", sign(issuer, Signer::Rsa, &json!({"kid": "rsa"}), &claims())),
        ("HS256 under the public RSA key", hmac_with("rsa", issuer.rsa.public().as_ref())),
        ("HS256 under the public modulus", hmac_with("rsa", &issuer.modulus_and_exponent().n)),
        ("HS256 under the public EC key", hmac_with("ec", issuer.ec.public_key().as_ref())),
        ("HS256 under the public Ed25519 key", hmac_with("ed", issuer.ed.public_key().as_ref())),
        ("HS256 under a published symmetric key", hmac_with("oct", b"everybody can read this")),
        ("HS256 under nothing", hmac_with("rsa", b"")),
        ("RS384", rsa_as("RS384", &RSA_PKCS1_SHA384)),
        ("RS512", rsa_as("RS512", &RSA_PKCS1_SHA512)),
        ("PS256", rsa_as("PS256", &RSA_PSS_SHA256)),
        ("PS256 called RS256", rsa_as("RS256", &RSA_PSS_SHA256)),
    ]
}

fn with_another_key(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let signed = |signer, header: Value| sign(issuer, signer, &header, &claims());
    let stranger = Issuer::start();
    let evil = json!({"kty": "OKP", "crv": "Ed25519", "x": text(stranger.ed.public_key().as_ref())});
    let by_stranger = |header| sign(&stranger, Signer::Ed, &header, &claims());
    vec![
        ("an unknown key", signed(Signer::Rsa, json!({"alg": "RS256", "kid": "rsa2"}))),
        ("no key named", signed(Signer::Rsa, json!({"alg": "RS256"}))),
        ("an empty key name", signed(Signer::Rsa, json!({"alg": "RS256", "kid": ""}))),
        ("RS256 under the EC key's name", signed(Signer::Rsa, json!({"alg": "RS256", "kid": "ec"}))),
        ("ES256 under the RSA key's name", signed(Signer::Ec, json!({"alg": "ES256", "kid": "rsa"}))),
        ("EdDSA under the EC key's name", signed(Signer::Ed, json!({"alg": "EdDSA", "kid": "ec"}))),
        ("ES256 called RS256", signed(Signer::Ec, json!({"alg": "RS256", "kid": "ec"}))),
        ("a key for encryption", signed(Signer::Rsa, json!({"alg": "RS256", "kid": "enc"}))),
        ("a key for another algorithm", signed(Signer::Rsa, json!({"alg": "RS256", "kid": "rs512"}))),
        ("a stranger's key of the same name", by_stranger(json!({"alg": "EdDSA", "kid": "ed"}))),
        ("a key that it brings itself", by_stranger(json!({"alg": "EdDSA", "kid": "ed", "jwk": evil}))),
        (
            "a key from elsewhere",
            by_stranger(json!({"alg": "EdDSA", "kid": "ed", "jku": "https://evil.example"})),
        ),
        (
            "what must be understood",
            signed(Signer::Rsa, json!({"alg": "RS256", "kid": "rsa", "crit": ["b64"]})),
        ),
    ]
}

fn bent(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let genuine = token(issuer, Signer::Rsa, &claims());
    let (message, signature) = genuine.rsplit_once('.').unwrap();
    let mut other = claims();
    other["sub"] = json!("eve");
    let other = token(issuer, Signer::Rsa, &other);
    let (other_message, _) = other.rsplit_once('.').unwrap();
    let es256 = token(issuer, Signer::Ec, &claims());
    let (es256, fixed) = es256.rsplit_once('.').unwrap();
    let der = text(&der(&URL_SAFE_NO_PAD.decode(fixed).unwrap()));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    vec![
        ("another payload", format!("{other_message}.{signature}")),
        ("a signature with another first byte", format!("{message}.{first}{}", &signature[1..])),
        ("half a signature", format!("{message}.{}", &signature[..signature.len() / 2])),
        ("no signature", format!("{message}.")),
        ("only zeros for ES256", format!("{es256}.{}", text(&[0; 64]))),
        ("ES256 in DER", format!("{es256}.{der}")),
        ("padding", format!("{genuine}==")),
        ("a space before it", format!(" {genuine}")),
        ("four parts", format!("{genuine}.{signature}")),
        ("five parts", format!("{genuine}.{signature}.{signature}")),
        ("one part", signature.to_owned()),
        ("two parts", message.to_owned()),
        ("two dots only", "..".to_owned()),
        ("nothing", String::new()),
        (
            "a payload that is not JSON",
            format!("{}.{}.{signature}", text(br#"{"alg":"RS256","kid":"rsa"}"#), text(b"{")),
        ),
        ("a header that is not base64", format!("%%%.{}.{signature}", text(b"{}"))),
        ("a megabyte of payload", {
            let mut claims = claims();
            claims["more"] = json!("x".repeat(1 << 20));
            token(issuer, Signer::Rsa, &claims)
        }),
        ("deep nesting", format!("{}.{}.{signature}", text("[".repeat(2_000).as_bytes()), text(b"{}"))),
    ]
}

/// The same two numbers, as X.509 would write them.
fn der(fixed: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
    let numbers = [number(&fixed[..32]), number(&fixed[32..])].concat();
    [&[0x30, numbers.len() as u8], numbers.as_slice()].concat()
}
