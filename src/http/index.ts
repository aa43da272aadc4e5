export { createAdminListener } from './admin/app.ts';
export { presentDecision, presentKey } from './admin/present.ts';
export { presentReplay } from './admin/present-replay.ts';
export { presentWhatIf, type WhatIfOptions } from './admin/what-if-endpoint.ts';
export { createHttpServer, defaultHttpLimits, type HttpServerOptions, type Readiness } from './server.ts';
