import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerSink } from '../gateway/index.ts';

/**
 * An AnswerSink over node:http. It writes plainly and never corks: corked writes followed by an end reach the client in the
 * wrong order on current Node versions.
 */
export function createAnswerSink(request: IncomingMessage, response: ServerResponse): AnswerSink {
  let gone = false;
  const goneListeners: (() => void)[] = [];
  response.on('close', () => {
    if (response.writableFinished || gone) return;
    gone = true;
    for (const listener of goneListeners) listener();
  });
  // A socket error is followed by `close`; without a listener it would end the process.
  response.on('error', () => {});
  return {
    begin(status, headers) {
      if (gone || response.headersSent) return;
      // An unread body would be taken for the next request on this connection.
      response.writeHead(status, request.complete ? headers : { ...headers, connection: 'close' });
    },
    write: (bytes) => gone || response.write(bytes),
    end(bytes) {
      if (gone) return;
      if (bytes === undefined || bytes.byteLength === 0) response.end();
      else response.end(bytes);
    },
    reset() {
      if (gone) return;
      // An empty write's callback comes after everything before it has been handed to the socket.
      response.write('', () => response.destroy());
    },
    onDrain: (listener) => {
      response.on('drain', listener);
    },
    onGone: (listener) => {
      if (gone) listener();
      else goneListeners.push(listener);
    },
    get gone() {
      return gone;
    },
  };
}
