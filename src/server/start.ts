import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import { createAdminListener, createHttpServer, defaultHttpLimits } from '../http/index.ts';
import { type ComposeOptions, type Composition, compose } from './compose.ts';
import { drain } from './drain.ts';
import type { Setup } from './snapshot.ts';
import { watchFiles } from './watch-files.ts';

export interface StartOptions extends ComposeOptions {
  host: string;
  port: number;
  version: string;
  /** How long open requests may go on after `close`. */
  drainMs: number;
}

export interface RunningGateway {
  url: string;
  setup: Setup;
  /** A name that may be called: a route, else any chat model; undefined when there is none. */
  example: string | undefined;
  /** The admin key made at this start; undefined if there was one already. It is shown once and never logged. */
  firstAdminKey: string | undefined;
  /**
   * Refuses new requests, lets open ones finish for at most `drainMs`, then ends everything. For `lameDuckMs` it still listens, so that
   * `/readyz` can say so.
   */
  close(lameDuckMs?: number): Promise<void>;
  reload(): Promise<void>;
}

/** Starts the whole gateway and listens. Throws ConfigError, `store_unavailable`, or an Error that says why it cannot listen. */
export async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const composition = await compose(options);
  let draining = false;
  const server = createHttpServer({
    gateway: composition.gateway,
    limits: defaultHttpLimits,
    bodyBytesMax: composition.bodyBytesMax,
    version: options.version,
    readiness: () =>
      draining ? { ready: false, problems: ['this instance is shutting down'] } : composition.readiness(),
    draining: () => draining,
    admin: createAdminListener({
      gateway: composition.gateway,
      ledgerStore: composition.ledgerStore,
      proof: composition.proof,
      savings: composition.savings,
      switches: composition.switches,
      whatIf: composition.whatIf,
      replayPredictors: composition.replayPredictors,
      version: options.version,
      bodyBytesMax: composition.bodyBytesMax,
    }),
  });
  try {
    await listen(server, options);
  } catch (thrown) {
    await composition.close();
    throw thrown;
  }
  const firstAdminKey = await makeFirstKey(composition);
  const reload = reloader(composition, options);
  const stopWatching = watchFiles(filesOf(composition), reload);
  return {
    url: urlOf(server, options.host),
    setup: composition.setup,
    example: exampleOf(composition),
    firstAdminKey,
    reload,
    async close(lameDuckMs = 0) {
      draining = true;
      stopWatching();
      await drain(server, composition.gateway.openRequests, { lameDuckMs, drainMs: options.drainMs });
      await composition.close();
    },
  };
}

function listen(server: Server, { host, port }: StartOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `port ${port} on ${host} is in use: set PORT or pass --port`
          : error.code === 'EACCES'
            ? `port ${port} needs more rights: set PORT to one above 1023`
            : error.message;
      reject(new Error(`Yumen cannot listen: ${why}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function exampleOf({ gateway }: Composition): string | undefined {
  const { routes, catalog } = gateway.snapshot();
  const [route] = routes.keys();
  const chat = catalog.deployments().find(({ model }) => (model.kind ?? 'chat') === 'chat');
  return route ?? chat?.id;
}

async function makeFirstKey({ gateway }: Composition): Promise<string | undefined> {
  if (gateway.identity.hasAdminKey()) return undefined;
  const { secret } = await gateway.identity.createKey({ name: 'first admin key', role: 'admin' });
  return secret;
}

/** A bad configuration is reported and the one in force stays. */
function reloader(composition: Composition, { log }: StartOptions): () => Promise<void> {
  return async () => {
    try {
      await composition.reload();
      log.info({}, 'configuration reloaded');
    } catch (thrown) {
      log.error(
        { problem: (thrown as Error).message },
        'the new configuration is refused; the old one stays in force',
      );
    }
  };
}

/** The configuration and what it refers to. */
function filesOf({ setup }: Composition): string[] {
  if (setup.kind !== 'file') return [];
  const overlay = setup.config.catalog?.overlay;
  return overlay === undefined ? [setup.path] : [setup.path, resolve(dirname(setup.path), overlay)];
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
