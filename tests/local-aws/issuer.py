"""A sign-in provider for tests, on loopback: an OIDC issuer with one ES256 key, made at start and kept in memory.

GET  /.well-known/openid-configuration, /jwks.json   what a relying party reads
GET  /authorize   signs a browser in, asking nothing, as whom `login_hint` names, and sends it back with a code
POST /trade   a code, once, with the verifier of its challenge -> {"id_token": ...}
POST /token   {} or claims as JSON -> {"token": ...}   a signed owner token; a claim set to null is left out
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

AUDIENCE = "larder"
KEY_ID = "test-1"
KEY = ec.generate_private_key(ec.SECP256R1())
CODES = {}  # what has to be brought to trade each, and the claims of the token


def sign(issuer, claims):
    now = int(time.time())
    claims = {"iss": issuer, "sub": "owner-1", "aud": AUDIENCE, "iat": now, "exp": now + 3600} | claims
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": KEY_ID})


def code_for(asked):
    """What a browser is sent back with, if it was sent here as it should be."""
    if (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) != ("code", AUDIENCE, "S256"):
        raise KeyError("response_type, client_id or code_challenge_method")
    code = secrets.token_urlsafe()
    CODES[code] = (asked["redirect_uri"], asked["code_challenge"]), {"sub": asked["login_hint"], "nonce": asked["nonce"]}
    return urlencode({"code": code, "state": asked["state"]})


def traded(brought):
    """The claims that a code stands for; it is used up by the attempt."""
    expected, claims = CODES.pop(brought.get("code"), (None, None))
    digest = hashlib.sha256(brought.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    is_right = brought.get("grant_type") == "authorization_code" and brought.get("client_id") == AUDIENCE
    return claims if is_right and expected == (brought.get("redirect_uri"), challenge) else None


class Issuer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = self.server.url
        if self.path == "/.well-known/openid-configuration":
            self.answer(200, {
                "issuer": url,
                "jwks_uri": f"{url}/jwks.json",
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/trade",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            })
        elif self.path == "/jwks.json":
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
            self.answer(200, {"keys": [public | {"kid": KEY_ID, "use": "sig", "alg": "ES256"}]})
        elif urlsplit(self.path).path == "/authorize":
            asked = dict(parse_qsl(urlsplit(self.path).query))
            try:
                self.answer(302, {}, {"Location": f"{asked['redirect_uri']}?{code_for(asked)}"})
            except KeyError as missing:
                self.answer(400, {"error": "invalid_request", "error_description": str(missing)})
        else:
            self.answer(404, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/token":
            self.answer(200, {"token": sign(self.server.url, json.loads(body or b"{}"))})
        elif self.path == "/trade":
            claims = traded(dict(parse_qsl(body.decode())))
            token = claims and sign(self.server.url, claims)
            self.answer(200, {"id_token": token}) if token else self.answer(400, {"error": "invalid_grant"})
        else:
            self.answer(404, {})

    def answer(self, status, value, headers=None):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, said in (headers or {}).items():
            self.send_header(name, said)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Issuer)
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.serve_forever()
