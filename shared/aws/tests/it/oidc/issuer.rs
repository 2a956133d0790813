//! An issuer for tests: real keys, and a count of how often it is asked for them.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::outbound::{Answer, Method, Outbound, OutboundError, Request};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaEncoding,
    RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use url::{Url, form_urlencoded};

pub(crate) const ISSUER: &str = "https://issuer.example/pool";
pub(crate) const AUDIENCE: &str = "larder";
/// Where the manual clock starts.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) struct Issuer {
    pub(crate) rsa: RsaKeyPair,
    pub(crate) ec: EcdsaKeyPair,
    pub(crate) ed: Ed25519KeyPair,
    name: Mutex<String>,
    published: Mutex<Vec<String>>,
    fetches: AtomicUsize,
    down: AtomicBool,
    codes: Mutex<HashMap<String, Code>>,
}

/// Of somebody who signed in with a browser.
#[derive(Default)]
struct Code {
    /// What has to be brought to trade it; of one that was traded, nothing.
    bring: Vec<(String, String)>,
    token: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Signer {
    Rsa,
    Ec,
    Ed,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let random = SystemRandom::new();
        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let all = ["rsa", "ec", "ed", "oct", "enc", "rs512"];
        Self {
            // Ring makes none by itself.
            rsa: RsaKeyPair::from_pkcs8(include_bytes!("rsa.pk8")).unwrap(),
            ec: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.as_ref(), &random).unwrap(),
            ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap(),
            name: Mutex::new(ISSUER.to_owned()),
            published: Mutex::new(all.map(str::to_owned).to_vec()),
            fetches: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            codes: Mutex::default(),
        }
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    pub(crate) fn is_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub(crate) fn publish(&self, kids: &[&str]) {
        *self.published.lock().unwrap() = kids.iter().copied().map(str::to_owned).collect();
    }

    pub(crate) fn call_itself(&self, name: &str) {
        *self.name.lock().unwrap() = name.to_owned();
    }

    /// Somebody signs in on the issuer's page, and gets this token for what the browser is sent back with: its query.
    pub(crate) fn signs_in(&self, to: &Url, token: impl FnOnce(&str) -> String) -> String {
        let asked: HashMap<_, _> = to.query_pairs().into_owned().collect();
        assert_eq!((to.path(), asked["response_type"].as_str()), ("/authorize", "code"));
        assert_eq!((asked["scope"].as_str(), asked["code_challenge_method"].as_str()), ("openid", "S256"));
        let mut codes = self.codes.lock().unwrap();
        let code = format!("code-{}", codes.len());
        let bring = ["client_id", "redirect_uri", "code_challenge"];
        let bring = bring.map(|name| (name.to_owned(), asked[name].clone())).to_vec();
        codes.insert(code.clone(), Code { bring, token: token(&asked["nonce"]) });
        format!("code={code}&state={}", asked["state"])
    }

    /// Once.
    fn trade(&self, form: &str) -> Option<Value> {
        let mut form: HashMap<_, _> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let Code { bring, token } = self.codes.lock().unwrap().get_mut(&form["code"]).map(std::mem::take)?;
        let challenge = text(digest(&SHA256, form["code_verifier"].as_bytes()).as_ref());
        form.insert("code_challenge".to_owned(), challenge);
        let is_right = !bring.is_empty() && bring.iter().all(|(name, value)| form[name] == *value);
        is_right.then(|| json!({"access_token": "other", "id_token": token, "token_type": "Bearer"}))
    }

    pub(crate) fn modulus_and_exponent(&self) -> RsaPublicKeyComponents<Vec<u8>> {
        self.rsa.public().into()
    }

    fn jwk(&self, kid: &str) -> Value {
        let RsaPublicKeyComponents { n, e } = self.modulus_and_exponent();
        let rsa = json!({"kty": "RSA", "n": text(&n), "e": text(&e)});
        let point = self.ec.public_key().as_ref();
        let mut jwk = match kid {
            "ec" => json!({"kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..])}),
            "ed" => json!({"kty": "OKP", "crv": "Ed25519", "x": text(self.ed.public_key().as_ref())}),
            "oct" => json!({"kty": "oct", "k": text(b"everybody can read this")}),
            _ => rsa,
        };
        jwk["kid"] = json!(kid);
        jwk["use"] = json!(if kid == "enc" { "enc" } else { "sig" });
        if kid == "rs512" {
            jwk["alg"] = json!("RS512");
        }
        jwk
    }
}

#[async_trait]
impl Outbound for Issuer {
    async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(OutboundError::TimedOut);
        }
        let answer = match request.url.as_str() {
            "https://issuer.example/token" => {
                assert_eq!(request.method, Method::Post);
                let traded = self.trade(&request.body);
                let status = if traded.is_some() { 200 } else { 400 };
                let body = traded.unwrap_or_else(|| json!({"error": "invalid_grant"}));
                return Ok(Answer { status, retry_after: None, body: body.to_string().into_bytes() });
            }
            "https://issuer.example/pool/.well-known/openid-configuration" => json!({
                "issuer": *self.name.lock().unwrap(),
                "jwks_uri": "https://keys.example/jwks.json",
                "authorization_endpoint": "https://login.example/authorize?pool=1",
                "token_endpoint": "https://issuer.example/token",
            }),
            "https://keys.example/jwks.json" => {
                self.fetches.fetch_add(1, Ordering::SeqCst);
                let published = self.published.lock().unwrap();
                let keys =
                    published.iter().map(|kid| self.jwk(kid)).chain([json!({"kty": "strange"}), json!(7)]);
                json!({"keys": keys.collect::<Vec<_>>()})
            }
            other => panic!("nobody asks for {other}"),
        };
        Ok(Answer { status: 200, retry_after: None, body: answer.to_string().into_bytes() })
    }
}

impl Signer {
    pub(crate) fn header(self) -> Value {
        match self {
            Self::Rsa => json!({"alg": "RS256", "kid": "rsa"}),
            Self::Ec => json!({"alg": "ES256", "kid": "ec"}),
            Self::Ed => json!({"alg": "EdDSA", "kid": "ed"}),
        }
    }
}

pub(crate) fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": NOW + 600, "nbf": NOW - 1, "iat": NOW})
}

pub(crate) fn token(issuer: &Issuer, signer: Signer, claims: &Value) -> String {
    sign(issuer, signer, &signer.header(), claims)
}

/// Whatever the header says, this key signs.
pub(crate) fn sign(issuer: &Issuer, signer: Signer, header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = match signer {
        Signer::Rsa => rsa(&issuer.rsa, &RSA_PKCS1_SHA256, &message),
        Signer::Ec => issuer.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
        Signer::Ed => issuer.ed.sign(message.as_bytes()).as_ref().to_vec(),
    };
    format!("{message}.{}", text(&signature))
}

pub(crate) fn rsa(key: &RsaKeyPair, padding: &'static dyn RsaEncoding, message: &str) -> Vec<u8> {
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    signature
}

pub(crate) fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()))
}

pub(crate) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
