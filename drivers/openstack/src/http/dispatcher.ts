import { readFileSync } from 'node:fs';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { TlsSettings } from '../clouds/cloud-region.js';
import { ApiError } from '../errors.js';

/** Connections to one service; more requests wait. A launcher has tens of calls in flight at most. */
const connectionsPerOrigin = 16;

const connectTimeoutMs = 10_000;

/**
 * Shorter than the servers' own: uwsgi and Apache close an idle connection after 5 s, and a request that crosses the
 * close is lost.
 */
const keepAliveMs = 4000;

/**
 * Time for the headers once a request is sent, and between two parts of a body. Long, for Glance answers an upload only
 * when its store has taken all of it; the time of ordinary requests is limited as a whole.
 */
const silenceMs = 600_000;

/**
 * Pools of connections with the cloud's TLS settings, through the proxy that `https_proxy` and its like name.
 *
 * @throws ApiError `misconfigured` for a certificate or key that cannot be read.
 */
export function makeDispatcher(
  tls: TlsSettings,
  env: Readonly<Record<string, string | undefined>>,
  cloud: string,
): Dispatcher {
  const peer = {
    rejectUnauthorized: tls.verify,
    ...fileOption('ca', tls.caFile, cloud),
    ...fileOption('cert', tls.certFile, cloud),
    // One file may hold both.
    ...fileOption('key', tls.keyFile ?? tls.certFile, cloud),
  };
  const options = {
    connections: connectionsPerOrigin,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connect: { timeout: connectTimeoutMs, ...peer },
  };
  const httpProxy = env['http_proxy'] ?? env['HTTP_PROXY'];
  const httpsProxy = env['https_proxy'] ?? env['HTTPS_PROXY'];
  if (!httpProxy && !httpsProxy) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    requestTls: peer,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
  });
}

function fileOption(name: 'ca' | 'cert' | 'key', path: string | undefined, cloud: string): Record<string, Buffer> {
  if (path === undefined) return {};
  try {
    return { [name]: readFileSync(path) };
  } catch (error) {
    throw new ApiError('misconfigured', `cloud ${cloud}: the file ${path} (${name}) cannot be read`, { cause: error });
  }
}
