/**
 * The mock upstream: canned HTTP/1.1 answers over plain sockets, so that it costs little beside the relay under test. It never reads a
 * body beyond counting its bytes.
 */
import { createServer, type Socket } from 'node:net';
import { burstAnswer, jsonAnswer, pacedChunks, pacedEveryMs, streamHead } from './payload.ts';

const headEnd = Buffer.from('\r\n\r\n');
const open = new Map<Socket, number>();

const server = createServer({ noDelay: true }, (socket) => {
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      const end = held.indexOf(headEnd);
      if (end === -1) return;
      const head = held.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (held.length < end + 4 + length) return;
      held = held.subarray(end + 4 + length);
      answer(socket, head.slice(0, head.indexOf(' HTTP')));
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => open.delete(socket));
});

function answer(socket: Socket, line: string): void {
  if (line === 'POST /json') {
    socket.write(jsonAnswer);
  } else if (line === 'POST /burst') {
    socket.write(burstAnswer);
  } else {
    socket.write(streamHead);
    open.set(socket, 0);
  }
}

setInterval(() => {
  for (const [socket, at] of open) {
    socket.write(pacedChunks[at]!);
    if (at + 1 === pacedChunks.length) open.delete(socket);
    else open.set(socket, at + 1);
  }
}, pacedEveryMs);

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
});
process.on('disconnect', () => process.exit());
