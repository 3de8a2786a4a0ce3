import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '@nodepool/config';
import { recordedExchange, restoreTree } from '@nodepool/listings/testing';
import { systemClock } from '@nodepool/runtime';
import { recordLog } from '@nodepool/runtime/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import { as, aWebapp, webOptions } from '../testing/test-web.js';
import { tellDates } from './follow-tls-files.js';
import { usualLimits } from './limits.js';
import { readTlsFiles } from './tls-files.js';
import { startWebServer } from './web-server.js';

const limits = { ...usualLimits, headersMs: 500, requestMs: 1_000, checkMs: 100 };

async function startServer(webapp: Partial<Config['webapp']> = {}) {
  const { store, zk } = openMemoryStore({ clock: systemClock });
  await restoreTree(zk);
  const caches = await store.openCaches({ resourcesOf: () => ({}) });
  const log = recordLog();
  const options = webOptions({ clock: systemClock, store, caches, webapp: aWebapp(webapp), log });
  const server = await startWebServer({ ...options, limits });
  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    log,
    store,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await caches[Symbol.asyncDispose]();
    },
  };
}

/** Sends bytes as they are and reads until the server closes. */
async function raw(port: number, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  // A server that has refused closes while the rest is still being sent.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const part of parts) socket.write(part);
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

describe('the web server', () => {
  it('has the endpoints of the original, the API, and the page of the original for all else', async () => {
    await using server = await startServer();

    const list = await fetch(`${server.url}/image-list`);
    const json = await fetch(`${server.url}/node-list`, { headers: { accept: 'application/json' } });
    const nodes = await fetch(`${server.url}/api/v1/nodes`);
    const nothing = await fetch(`${server.url}/nope`);

    expect(await list.text()).toContain('| Build ID ');
    expect(list.headers.get('content-type')).toBe('text/plain; charset=UTF-8');
    expect((await json.json()) as unknown).toHaveLength(((await nodes.json()) as { total: number }).total);
    expect([nothing.status, await nothing.text()]).toEqual([404, (await recordedExchange('unknown')).body]);
  });

  it.each([
    ['a head that never ends', ['GET /api/v1/nodes HTTP/1.1\r\nHost: x\r\n'], 408, 'NP_WEB_TIMEOUT'],
    [
      'a body that never ends',
      [
        'POST /api/v1/nodes/1/hold HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
          `Authorization: ${as('admin').authorization}\r\nContent-Length: 9\r\n\r\n{`,
      ],
      408,
      'NP_WEB_TIMEOUT',
    ],
    [
      'a body of 10 MiB',
      [
        'POST /api/v1/nodes/1/hold HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
          `Authorization: ${as('admin').authorization}\r\nContent-Length: 10485760\r\n\r\n`,
        Buffer.alloc(10_485_760, 0x20),
      ],
      413,
      'NP_WEB_TOO_LARGE',
    ],
    ['a head of 64 KiB', [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`], 431, 'NP_WEB_TOO_LARGE'],
    ['a header within a header', ['GET / HTTP/1.1\r\nHost: x\r\nX: a\rSet-Cookie: b\r\n\r\n'], 400, 'NP_WEB_MALFORMED'],
    [
      'two lengths, to smuggle a second request',
      ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG'],
      400,
      'NP_WEB_MALFORMED',
    ],
    ['what is not HTTP', ['\x16\x03\x01\x02\r\n\r\n'], 400, 'NP_WEB_MALFORMED'],
  ])('refuses %s', async (_what, parts, status, code) => {
    await using server = await startServer();

    const answer = await raw(server.port, ...parts);

    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('content-type: application/problem+json');
    expect(answer).toContain(`"code":"${code}"`);
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  });

  it.each(['/api/v1/../../etc/passwd', '/api/v1/nodes/..%2f..%2f..', '//api/v1/nodes', '/api/v1/nodes/%2e%2e/'])(
    'finds nothing under %s',
    async (path) => {
      await using server = await startServer();

      const answer = await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

      expect(answer).toMatch(/^HTTP\/1.1 40[04] /);
    },
  );

  it('puts nothing that a caller sends into the head of its answer', async () => {
    await using server = await startServer();

    const answer = await raw(
      server.port,
      'GET /api/v1/nodes/a%0d%0aSet-Cookie:%20x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );

    const [head = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 400 /);
    expect(head.toLowerCase()).not.toContain('set-cookie');
  });
});

describe('its certificate', () => {
  const run = promisify(execFile);

  async function makeCertificate(directory: string, name: string, days: string): Promise<void> {
    const key = join(directory, 'key.pem');
    const cert = join(directory, 'cert.pem');
    const subject = ['-subj', `/CN=${name}`, '-days', days, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await run('openssl', ['req', '-x509', ...newKey, '-keyout', key, '-out', cert, ...subject]);
  }

  /** Signs the certificate anew, as if it had ended yesterday. */
  async function expire(directory: string): Promise<void> {
    const [cert, key, request] = ['cert.pem', 'key.pem', 'request.pem'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    await run('openssl', ['x509', '-x509toreq', '-in', cert, '-signkey', key, '-out', request]);
    await run('openssl', ['x509', '-req', '-in', request, '-signkey', key, '-days', '-1', '-out', cert]);
  }

  /** @param ca whoever has signed; without it any certificate will do. */
  function nameSeen(port: number, ca?: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          host: '127.0.0.1',
          port,
          path: '/ready',
          agent: false,
          ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
        },
        (response) => {
          const { subject } = (response.socket as import('node:tls').TLSSocket).getPeerCertificate();
          response.resume();
          resolve(String(subject.CN));
        },
      );
      request.on('error', reject);
      request.end();
    });
  }

  it('is taken anew when its files change, and kept when they are broken', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nodepool-web-'));
    try {
      await makeCertificate(directory, 'first', '30');
      const tls = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
      await using server = await startServer({ tls });
      const first = await nameSeen(server.port);

      await makeCertificate(directory, 'second', '30');
      await told(server.log, 'took a new certificate into use');
      const second = await nameSeen(server.port);
      await writeFile(tls.cert, 'nonsense');
      await told(server.log, 'refused a new certificate; the last good one stays in use');

      expect([first, second, await nameSeen(server.port)]).toEqual(['first', 'second', 'second']);
      expect(JSON.stringify(server.log.lines)).not.toContain('PRIVATE KEY');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('that has expired is refused by who checks it, and replaced while the server runs', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nodepool-web-'));
    try {
      await makeCertificate(directory, 'old', '1');
      await expire(directory);
      const tls = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
      await using server = await startServer({ tls });

      const checked = await nameSeen(server.port, await readFile(tls.cert)).catch((error: unknown) => error);
      const seen = await nameSeen(server.port);
      await makeCertificate(directory, 'new', '30');
      await told(server.log, 'took a new certificate into use');

      expect(checked).toMatchObject({ code: 'CERT_HAS_EXPIRED' });
      expect(server.log.lines).toContainEqual(expect.objectContaining({ level: 'error' }));
      expect([seen, await nameSeen(server.port)]).toEqual(['old', 'new']);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('is said to have expired', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nodepool-web-'));
    try {
      await makeCertificate(directory, 'old', '1');
      const files = await readTlsFiles({ cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') });
      const levelAt = (ms: number): string | undefined => {
        const log = recordLog();
        tellDates(files, ms, log);
        return log.lines[0]?.level;
      };

      expect(levelAt(files.validToMs + 1)).toBe('error');
      expect(levelAt(files.validToMs - 1)).toBe('warn');
      expect(levelAt(files.validFromMs - 1)).toBe('error');
      expect(await readFile(join(directory, 'key.pem'), 'utf8')).toContain('PRIVATE KEY');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  /** Until a line was logged. */
  async function told(log: ReturnType<typeof recordLog>, message: string): Promise<void> {
    for (let tries = 0; tries < 300; tries += 1) {
      if (log.lines.some((line) => line.message === message)) return;
      await systemClock.sleep(100);
    }
    throw new Error(`"${message}" was not logged`);
  }
});
