"""A sign-in provider for tests, on loopback: an OIDC issuer with one ES256 key, made at start and kept in memory.

GET  /.well-known/openid-configuration, /jwks.json   what a relying party reads
POST /token   {} or claims as JSON -> {"token": ...}   a signed owner token; a claim set to null is left out
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

AUDIENCE = "larder"
KEY_ID = "test-1"
KEY = ec.generate_private_key(ec.SECP256R1())


def sign(issuer, claims):
    now = int(time.time())
    claims = {"iss": issuer, "sub": "owner-1", "aud": AUDIENCE, "iat": now, "exp": now + 3600} | claims
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": KEY_ID})


class Issuer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = self.server.url
        if self.path == "/.well-known/openid-configuration":
            self.answer(200, {
                "issuer": url,
                "jwks_uri": f"{url}/jwks.json",
                "authorization_endpoint": f"{url}/authorize",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            })
        elif self.path == "/jwks.json":
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
            self.answer(200, {"keys": [public | {"kid": KEY_ID, "use": "sig", "alg": "ES256"}]})
        else:
            self.answer(404, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/token":
            self.answer(200, {"token": sign(self.server.url, json.loads(body or b"{}"))})
        else:
            self.answer(404, {})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Issuer)
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.serve_forever()
