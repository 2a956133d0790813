#!/usr/bin/env python3
"""Deploys Larder to the local AWS that tests/local-aws/start.sh started, with the binaries in target/lambda.

Prints, and writes to target/local-aws/deployed.json:
  url          where the API is reached: tests/local-aws/front.py, which gives it a root of its own
  mcp_url      its MCP endpoint
  token        a token of the owner, valid for an hour
  token_url    POST it claims as JSON to get any other token (see tests/local-aws/issuer.py)
  issuer, audience  what an owner's token must carry
  receiver     host:port, free on loopback, that webhooks are allowed to reach
  aws          what to set to call the local AWS
  outputs      the stack's own outputs
"""

import json
import os
import platform
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "target/local-aws"
SAM = Path(os.environ.get("LARDER_CACHE", ROOT / ".tools")) / "sam/bin/sam"
STACK = "larder"
AUDIENCE = "larder"


def main():
    aws = local_aws()
    issuer, url = aws.pop("LARDER_TEST_ISSUER"), aws.pop("LARDER_TEST_FRONT")
    receiver = free_address()
    if not SAM.is_file():
        sys.exit("no SAM: install the tools with tests/setup/install")
    missing = [name for name in functions() if not (ROOT / "target/lambda" / name / "bootstrap").is_file()]
    if missing:
        sys.exit(f"not built: {', '.join(missing)}. Build with `cargo lambda build` first.")

    parameters = {
        "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        "OwnerIssuer": issuer,
        "OwnerAudience": AUDIENCE,
        "OutboundAllow": ",".join([issuer.removeprefix("http://"), receiver]),
        "PublicUrl": url,
        "DeletionProtection": "false",
    }
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    sam(aws, "deploy", "--stack-name", STACK, "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides", *overrides)

    listed = json.loads(sam(aws, "list", "stack-outputs", "--stack-name", STACK, "--output", "json"))
    outputs = {output["OutputKey"]: output["OutputValue"] for output in listed}
    api_id = re.match(r"https://([^.]+)\.", outputs["ApiUrl"]).group(1)
    (STATE / "api").write_text(f"{aws['AWS_ENDPOINT_URL']}/_aws/execute-api/{api_id}/$default")
    deployed = {
        "url": url,
        "mcp_url": f"{url}/mcp",
        "token": owner_token(issuer),
        "token_url": f"{issuer}/token",
        "issuer": issuer,
        "audience": AUDIENCE,
        "receiver": receiver,
        "aws": aws,
        "outputs": outputs,
    }
    text = json.dumps(deployed, indent=2)
    (STATE / "deployed.json").write_text(text + "\n")
    print(text)


def local_aws():
    try:
        lines = (STATE / "env").read_text().splitlines()
    except FileNotFoundError:
        sys.exit("no local AWS: start it with tests/local-aws/start.sh")
    return dict(line.split("=", 1) for line in lines)


def functions():
    return re.findall(r"CodeUri: \.\./target/lambda/(\w+)/", (ROOT / "infra/template.yaml").read_text())


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return "%s:%d" % server.getsockname()


def sam(aws, *arguments):
    """Runs SAM with nothing of the caller's own AWS settings: it can reach the local AWS only."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(STATE / "home"), "SAM_CLI_TELEMETRY": "0"} | aws
    run = subprocess.run([SAM, *arguments], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT if arguments[0] == "deploy" else None)
    if run.returncode != 0:
        sys.exit(f"{run.stdout}\nsam {arguments[0]} failed")
    return run.stdout


def owner_token(issuer, **claims):
    request = urllib.request.Request(f"{issuer}/token", data=json.dumps(claims).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["token"]


if __name__ == "__main__":
    main()
