/**
 * The relay under test: the least that node:http needs to pass a request on and its answer back, with the client named on the command
 * line. Its CPU time is what the bench compares.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { clients } from './clients.ts';

const [name = '', upstreamPort = ''] = process.argv.slice(2);
const make = clients[name];
if (make === undefined) throw new Error(`unknown client ${name}`);
const transport = make();
const timeouts = { connectMs: 5_000, firstByteMs: 60_000, interChunkMs: 60_000, totalMs: 600_000 };
const urls: { [path: string]: URL } = {};
for (const path of ['/json', '/burst', '/paced'])
  urls[path] = new URL(`http://127.0.0.1:${upstreamPort}${path}`);

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () =>
    pass(incoming, outgoing, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)),
  );
});

function pass(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): void {
  const call = transport.call(
    {
      method: 'POST',
      url: urls[incoming.url ?? '']!,
      headers: { 'content-type': 'application/json', authorization: 'Bearer upstream' },
      body,
      timeouts,
    },
    {
      onHead(head) {
        const type = head.headers['content-type'] ?? '';
        const length = head.headers['content-length'];
        const request = head.headers['x-request-id'] ?? '';
        outgoing.writeHead(
          head.status,
          length === undefined
            ? { 'content-type': type, 'x-request-id': request }
            : { 'content-type': type, 'x-request-id': request, 'content-length': length },
        );
      },
      onData(chunk) {
        if (!outgoing.write(chunk)) call.pause();
      },
      onEnd: () => outgoing.end(),
      onFailure: () => outgoing.destroy(),
    },
  );
  outgoing.on('drain', () => call.resume());
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) call.abort();
  });
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
});
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), rssBytes: process.memoryUsage.rss() }));
process.on('disconnect', () => process.exit());
