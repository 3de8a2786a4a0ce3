import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nodepool/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TlsSettings } from '../clouds/cloud-region.js';
import { startLoopbackProxy } from '../session/testing/loopback-proxy.js';
import { type LoopbackServer, startLoopbackServer } from '../session/testing/loopback-server.js';
import { openHttpClient } from './http-client.js';

const directory = mkdtempSync(join(tmpdir(), 'nodepool-openstack-tls-'));
const file = (name: string): string => join(directory, name);
let server: LoopbackServer;

/** A certificate for 127.0.0.1 that vouches for itself. */
function makeCertificate(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', file(`${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', file(`${name}.crt`)], { stdio: 'ignore' });
}

beforeAll(async () => {
  for (const name of ['server', 'client']) makeCertificate(name);
  const options = {
    cert: readFileSync(file('server.crt')),
    key: readFileSync(file('server.key')),
    ca: readFileSync(file('client.crt')),
    requestCert: true,
    rejectUnauthorized: false,
  };
  server = await startLoopbackServer(
    ({ peer }) => ({ status: 200, body: { knowsUs: peer } }),
    (listener) => createServer(options, listener),
  );
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const strict: TlsSettings = { verify: true, caFile: undefined, certFile: undefined, keyFile: undefined };

async function ask(tls: Partial<TlsSettings>, env: Record<string, string> = {}, url = server.url): Promise<string> {
  const client = openHttpClient({ tls: { ...strict, ...tls }, clock: systemClock, env, cloud: 'a' });
  try {
    const answer = await client.send({
      method: 'GET',
      url: `${url}/`,
      headers: {},
      signal: new AbortController().signal,
      timeoutMs: 10_000,
      doing: 'asking',
    });
    return answer.text;
  } finally {
    await client.close();
  }
}

describe('a service with a certificate', () => {
  it('is believed when cacert vouches for it', async () => {
    expect(await ask({ caFile: file('server.crt') })).toBe('{"knowsUs":false}');
  });

  it('is not believed when nobody does, which a retry would not change', async () => {
    await expect(ask({})).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/certificate of 127.0.0.1:\d+ \(cloud a\): name its authority with cacert/),
    });
  });

  it('is believed without a question when verify is off', async () => {
    expect(await ask({ verify: false })).toBe('{"knowsUs":false}');
  });

  it('is shown the client’s own', async () => {
    const own = { certFile: file('client.crt'), keyFile: file('client.key') };

    expect(await ask({ caFile: file('server.crt'), ...own })).toBe('{"knowsUs":true}');
  });

  it('is not asked when a file is missing', async () => {
    await expect(ask({ caFile: '/nonexistent/ca.pem' })).rejects.toMatchObject({
      code: 'misconfigured',
      message: 'cloud a: the file /nonexistent/ca.pem (ca) cannot be read',
    });
  });
});

describe('a proxy of the environment', () => {
  it('tunnels to a service, whose certificate is still checked, and ours still shown', async () => {
    await using proxy = await startLoopbackProxy();
    const env = { https_proxy: proxy.url };
    const own = { certFile: file('client.crt'), keyFile: file('client.key') };

    expect(await ask({ caFile: file('server.crt'), ...own }, env)).toBe('{"knowsUs":true}');
    await expect(ask({}, env)).rejects.toMatchObject({ code: 'misconfigured' });

    expect(proxy.asked).toEqual([new URL(server.url).host, new URL(server.url).host]);
  });

  it('is not asked for the hosts that no_proxy names', async () => {
    await using proxy = await startLoopbackProxy();

    await ask({ verify: false }, { https_proxy: proxy.url, no_proxy: '127.0.0.1' });

    expect(proxy.asked).toEqual([]);
  });

  it('is asked for what is not encrypted as well', async () => {
    await using proxy = await startLoopbackProxy();

    await ask({}, { http_proxy: proxy.url }, 'http://keystone.example');

    expect(proxy.asked).toEqual(['http://keystone.example/']);
  });
});
