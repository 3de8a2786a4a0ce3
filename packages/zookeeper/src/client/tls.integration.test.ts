import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../connect.js';
import { makeCertificates, startZooKeeper, type TestCertificates, type TestServer } from '../testing/index.js';

let certificates: TestCertificates;
let strangers: TestCertificates;
let server: TestServer;

beforeAll(async () => {
  certificates = await makeCertificates();
  strangers = await makeCertificates();
  server = await startZooKeeper({ tls: certificates });
});

afterAll(async () => {
  await server.stop();
  await certificates[Symbol.asyncDispose]();
  await strangers[Symbol.asyncDispose]();
});

/** How the first attempt ends: connected, or what the log says of it. */
async function firstAttempt(tls: NonNullable<Parameters<typeof connect>[0]['tls']>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const zk = connect({
    servers: server.tlsConnectString,
    tls,
    log: {
      debug: () => undefined,
      info: (fields) => resolve(String(fields['reason'])),
      warn: () => undefined,
    },
  });
  zk.connected().then(
    () => resolve('connected'),
    () => undefined,
  );
  try {
    return await promise;
  } finally {
    await zk.close();
  }
}

describe('TLS', () => {
  it('serves a client that shows its certificate', async () => {
    const zk = connect({ servers: server.tlsConnectString, tls: { ca: certificates.ca, ...certificates.client } });
    const data = Buffer.alloc(300_000, 'x');

    await zk.create('/secret', data);
    const read = await zk.get('/secret');

    expect(read.data.equals(data)).toBe(true);
    await zk.close();
  });

  it('refuses a server of another authority', async () => {
    const reason = await firstAttempt({ ca: strangers.ca, ...certificates.client });

    expect(reason).toMatch(/certificate/);
  });

  it('is refused with a certificate of another authority', async () => {
    const reason = await firstAttempt({ ca: certificates.ca, ...strangers.client });

    expect(reason).not.toBe('connected');
  });

  it('refuses a server that carries another name, unless told that any will do', async () => {
    const tls = { ca: certificates.ca, ...certificates.client, servername: 'zk.example.org' };

    expect(await firstAttempt(tls)).toMatch(/zk\.example\.org/);
    expect(await firstAttempt({ ...tls, anyServerName: true })).toBe('connected');
  });
});
