import { writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { ZooKeeperConfig } from '@nodepool/config';
import { systemClock, systemRandom } from '@nodepool/runtime';
import { FakeClock, recordLog } from '@nodepool/runtime/testing';
import { makeCertificates, startZooKeeper, type TestServer } from '@nodepool/zookeeper/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDaemonStore } from './open-store.js';

const never = new AbortController().signal;

let server: TestServer;

beforeAll(async () => {
  server = await startZooKeeper();
});

afterAll(async () => {
  await server.stop();
});

function configOf(...ports: number[]): ZooKeeperConfig {
  return {
    servers: ports.map((port) => `127.0.0.1:${port}`),
    chroot: '/trial',
    sessionTimeoutMs: 5000,
    tls: undefined,
  };
}

/** Another address of the same server, which can be taken away while the server lives on. */
interface Front extends AsyncDisposable {
  readonly port: number;
  readonly accepted: number;
  cut(): void;
}

async function openFront(): Promise<Front> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const listener: Server = createServer((client) => {
    accepted += 1;
    const upstream = connectSocket(server.port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the front has no port');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

describe('the store of a daemon', () => {
  it('works beneath the configured chroot and is put away with its session', async () => {
    const options = { clock: systemClock, random: systemRandom, log: recordLog(), identifier: 'trial', signal: never };
    const opened = await openDaemonStore({ ...options, zookeeper: configOf(server.port) });

    await opened.zk.ensurePath('/');
    const { nodes } = await opened.store.nodes.list();
    await opened[Symbol.asyncDispose]();

    expect(nodes).toEqual([]);
    expect(opened.store.session.state).toBe('closed');
  });

  it('shows its certificate to servers that ask for one', async () => {
    await using certificates = await makeCertificates();
    await using tlsServer = await startZooKeeper({ tls: certificates });
    const folder = dirname(certificates.caFile);
    const tls = { cert: join(folder, 'own.crt'), key: join(folder, 'own.key'), ca: certificates.caFile };
    await writeFile(tls.cert, certificates.client.cert);
    await writeFile(tls.key, certificates.client.key);
    const zookeeper = { ...configOf(), servers: [tlsServer.tlsConnectString], chroot: '', tls };
    const options = { clock: systemClock, random: systemRandom, log: recordLog(), identifier: 'trial' };

    await using opened = await openDaemonStore({ ...options, zookeeper, signal: AbortSignal.timeout(20_000) });
    await opened.zk.ensurePath('/nodepool/nodes');

    expect(await opened.store.nodes.list()).toMatchObject({ nodes: [] });
  });

  it('moves to other servers without losing its session', async () => {
    await using before = await openFront();
    await using after = await openFront();
    const log = recordLog();
    const options = { clock: systemClock, random: systemRandom, log, identifier: 'trial', signal: never };
    await using opened = await openDaemonStore({ ...options, zookeeper: configOf(before.port) });
    const session = opened.zk.sessionId;
    const suspended = new Promise<void>((resolve) => {
      opened.store.session.onState((state) => {
        if (state === 'suspended') resolve();
      });
    });

    opened.reconfigure({ ...configOf(after.port), sessionTimeoutMs: 9000 });
    before.cut();
    await suspended;
    await opened.store.session.connected();

    expect(opened.zk.sessionId).toBe(session);
    expect([before.accepted, after.accepted]).toEqual([1, 1]);
    expect(log.lines.map(({ message, fields }) => [message, fields['servers'] ?? fields['settings']])).toEqual(
      expect.arrayContaining([
        ['changed the list of ZooKeeper servers', [`127.0.0.1:${after.port}`]],
        ['kept ZooKeeper settings that change with a restart only', ['sessionTimeoutMs']],
      ]),
    );
  });

  it('warns every ten seconds while no server answers, until it is told to give up', async () => {
    const unused = await openFront();
    const { port } = unused;
    await unused[Symbol.asyncDispose]();
    const clock = new FakeClock();
    const log = recordLog();
    const giveUp = new AbortController();
    const options = { clock, random: systemRandom, log, identifier: 'trial', signal: giveUp.signal };
    const outcome = openDaemonStore({ ...options, zookeeper: configOf(port) }).catch((error: unknown) => error);

    await clock.advance(35_000);
    giveUp.abort('SIGINT');

    expect(await outcome).toBe('SIGINT');
    expect(log.lines.filter(({ message }) => message === 'waited for ZooKeeper in vain')).toHaveLength(3);
  });

  it('names the TLS file that it cannot read', async () => {
    const tls = { cert: '/nonexistent/cert.pem', key: '/nonexistent/key.pem', ca: '/nonexistent/ca.pem' };
    const options = { clock: systemClock, random: systemRandom, log: recordLog(), identifier: 'trial', signal: never };

    const opening = openDaemonStore({ ...options, zookeeper: { ...configOf(server.port), tls } });

    await expect(opening).rejects.toMatchObject({
      code: 'NP_ZOOKEEPER_TLS',
      message: expect.stringContaining('/nonexistent/'),
    });
  });
});
