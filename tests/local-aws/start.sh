#!/usr/bin/env bash
# Starts the local AWS (IAM enforced), the test issuer and a front for the API, all on loopback and on free ports, and
# writes what a client needs to target/local-aws/env. Logs and pid files stand beside it. Ends earlier ones first;
# stop.sh ends them all.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=${LARDER_CACHE:-$root/.tools}
state=$root/target/local-aws

"$here/stop.sh"
rm -rf "$state"
mkdir -p "$state/home" "$state/tmp"
read -r aws_port issuer_port front_port < <("$tools/mini/bin/python" -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(s.getsockname()[1] for s in sockets))')
aws=http://127.0.0.1:$aws_port issuer=http://127.0.0.1:$issuer_port front=http://127.0.0.1:$front_port

set -m # each in its own process group, so that stop.sh also ends the functions it started
# A clean environment, because functions inherit it; its endpoint and credentials are how they find the local AWS.
env -i PATH="$PATH" HOME="$state/home" TMPDIR="$state/tmp" \
  AUTH=true BIND_HOST=127.0.0.1 MINISTACK_HOST=127.0.0.1 GATEWAY_PORT="$aws_port" IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 \
  AWS_ENDPOINT_URL="$aws" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
  "$tools/mini/bin/python" "$here/emulator.py" >"$state/aws.log" 2>&1 &
echo $! >"$state/aws.pid"
"$tools/clients/bin/python" "$here/issuer.py" "$issuer_port" >"$state/issuer.log" 2>&1 &
echo $! >"$state/issuer.pid"
"$tools/clients/bin/python" "$here/front.py" "$front_port" >"$state/front.log" 2>&1 &
echo $! >"$state/front.pid"
set +m

cat >"$state/env" <<END
AWS_ENDPOINT_URL=$aws
AWS_DEFAULT_REGION=us-east-1
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=test
AWS_SECRET_ACCESS_KEY=test
AWS_EC2_METADATA_DISABLED=true
AWS_CONFIG_FILE=/dev/null
AWS_SHARED_CREDENTIALS_FILE=/dev/null
LARDER_TEST_ISSUER=$issuer
LARDER_TEST_FRONT=$front
END

ready() { curl --silent --fail --output /dev/null --max-time 2 "$1"; }
for _ in $(seq 150); do
  ready "$aws/_ministack/health" && ready "$issuer/jwks.json" && exit 0
  sleep 0.2
done
tail -n 20 "$state"/*.log >&2
"$here/stop.sh"
echo "the local AWS did not start" >&2
exit 1
