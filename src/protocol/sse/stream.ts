export const sseContentType = 'text/event-stream; charset=utf-8';

/** A comment: the only thing that every client of server-sent events ignores. */
export const sseHeartbeat = ': waiting for the provider\n\n';
