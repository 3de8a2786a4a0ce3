import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { WebappConfig } from '@nodepool/config';
import { readSite } from '@nodepool/dashboard';
import { errorText } from '@nodepool/runtime';
import type { FastifyInstance } from 'fastify';
import { dashboardPages } from '../dashboard/pages.js';
import { WebError } from '../errors.js';
import { followTlsFiles } from './follow-tls-files.js';
import { readTlsFiles } from './tls-files.js';
import { buildWebApp, type WebAppOptions } from './web-app.js';

/** A server that listens. */
export interface WebServer extends AsyncDisposable {
  /** How it is reached from this machine. */
  readonly url: string;
}

/**
 * Serves the endpoints, the API and the dashboard on `webapp.listen_address`:`webapp.port`, as the configuration has them now; they are not looked at again.
 *
 * @throws WebError NP_WEB_LISTEN, NP_WEB_CERTIFICATE.
 */
export async function startWebServer(options: WebAppOptions): Promise<WebServer> {
  const { webapp } = options.config.current();
  const log = options.log.child({}, 'nodepool.WebApp');
  const tls = webapp.tls === undefined ? undefined : await readTlsFiles(webapp.tls);
  const pages = options.pages ?? dashboardPages(await readSite());
  const app = await buildWebApp({ ...options, log, pages }, tls && { cert: tls.cert, key: tls.key });
  await listen(app, webapp);
  const stop = new AbortController();
  if (webapp.tls !== undefined && tls !== undefined) {
    const server = app.server as unknown as TlsServer;
    const onChange = (cert: string, key: string): void => server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    followTlsFiles({ paths: webapp.tls, initial: tls, clock: options.clock, log, onChange, signal: stop.signal });
  }
  const { address, port } = app.server.address() as AddressInfo;
  log.info({ address, port, tls: tls !== undefined }, 'began to serve the web');
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${hostOf(address)}:${port}`,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await app.close();
    },
  };
}

async function listen(app: FastifyInstance, { listenAddress, port }: WebappConfig): Promise<void> {
  try {
    await app.listen({ host: listenAddress, port });
  } catch (error) {
    await app.close();
    throw new WebError(
      'NP_WEB_LISTEN',
      `the web server cannot listen on ${listenAddress}:${port}: ${errorText(error)}`,
      {
        cause: error,
      },
    );
  }
}

function hostOf(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
