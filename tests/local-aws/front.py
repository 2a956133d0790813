"""An address for the deployed API whose root is the API's own, as a domain would be: on loopback, for any caller.

  front.py PORT    passes everything on to the address that stands in target/local-aws/api; Host stays as it came
"""

import http.client
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

API = Path(__file__).resolve().parent.parent.parent / "target/local-aws/api"
HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def passed_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        api = urlsplit(API.read_text())
        there = http.client.HTTPConnection(api.hostname, api.port, timeout=60)
        try:
            there.putrequest(self.command, api.path + self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                there.putheader(name, value)
            there.endheaders(body)
            self.answer(there.getresponse())
        finally:
            there.close()

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = passed_on

    def answer(self, answer):
        body = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass  # addresses may hold secrets, which are looked for in logs


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 128


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Front).serve_forever()
