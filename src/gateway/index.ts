export type { AnswerSink, ClientCall } from './call.ts';
export { errorHeaders } from './error-headers.ts';
export type { GatewayDeps, GatewayLog } from './gateway.ts';
export { handle } from './handle.ts';
export { Heartbeat } from './heartbeat.ts';
export { OpenRequests } from './open-requests.ts';
export { preview } from './preview.ts';
export { SessionMemory } from './session-memory.ts';
export type { Route, Snapshot } from './snapshot.ts';
