"""The runner's scenarios for authorization servers. It prints where a browser should go, and waits for it to come back."""

import re
import subprocess

from clients.browser import Browser, free_port
from journey.calls import call


def held(larder, runner):
    """Whether something fails."""
    browser, port = Browser.signed_in(larder), free_port()
    about = {"client_name": "Conformance", "redirect_uris": [f"http://127.0.0.1:{port}/callback"],
             "token_endpoint_auth_method": "none"}
    client = call("POST", f"{larder.url}/register", about).expect(201).json["client_id"]
    command = [*runner, "authorization", "--url", larder.url, "--client-id", client, "--resource", larder.mcp_url,
               "--port", str(port)]
    said = ""
    with subprocess.Popen(command, cwd=larder.home, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        try:
            for line in process.stdout:
                said += line
                if url := browser.asked(line):
                    browser.goes_on(browser.lets_in(url))
        finally:
            process.kill()
    passed = re.findall(r"✓ ([\w-]+): \d+ passed, 0 failed", said)
    print(f"authorization server: {len(passed)} of 2 scenarios pass", flush=True)
    if len(passed) < 2:
        print(said[-4000:])
    return len(passed) < 2
