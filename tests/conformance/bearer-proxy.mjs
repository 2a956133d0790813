// node bearer-proxy.mjs <url of Larder> <key>
// Adds the key to every request, because the conformance runner cannot. Prints the port that it listens on, on loopback.
// Its own Host and Origin become those of Larder; foreign ones pass through as they are: the runner sends some to see
// them refused.
import http from 'node:http';
const [upstream, key] = process.argv.slice(2);
const to = new URL(upstream);
const server = http.createServer((request, answer) => {
  const own = [`127.0.0.1:${server.address().port}`, `localhost:${server.address().port}`];
  const headers = { authorization: `Bearer ${key}`, ...request.headers };
  if (own.includes(headers.host)) headers.host = to.host;
  if (own.includes(headers.origin?.replace(/^https?:\/\//, ''))) delete headers.origin;
  const { method, url: path } = request;
  const passed = http.request({ hostname: to.hostname, port: to.port, method, path, headers }, (from) => {
    answer.writeHead(from.statusCode, from.headers);
    from.pipe(answer);
  });
  passed.on('error', (error) => answer.writeHead(502).end(String(error)));
  answer.on('close', () => passed.destroy());
  request.pipe(passed);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
