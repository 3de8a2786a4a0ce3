import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectOptions, connect } from '../connect.js';
import { startProxy, startZooKeeper, type TestProxy, type TestServer } from '../testing/index.js';
import { systemTimers } from '../timers.js';
import type { SessionState, WatchEvent, ZooKeeper } from '../types.js';
import type { ZooKeeperClient } from './client.js';

const noData = Buffer.alloc(0);
const text = (value: string): Buffer => Buffer.from(value);

let server: TestServer;
let other: ZooKeeperClient;
let roots = 0;

beforeAll(async () => {
  server = await startZooKeeper();
  other = connect({ servers: server.connectString });
});

afterAll(async () => {
  await other.close();
  await server.stop();
});

/** A client behind a proxy of its own, in a directory of its own. */
class Link implements AsyncDisposable {
  readonly proxy: TestProxy;
  readonly zk: ZooKeeperClient;
  readonly root: string;
  readonly states: SessionState[] = [];

  constructor(proxy: TestProxy, root: string, options: Partial<ConnectOptions>) {
    this.proxy = proxy;
    this.root = root;
    this.zk = connect({ servers: proxy.connectString, ...options });
    this.zk.onState((state) => void this.states.push(state));
  }

  static async open(options: Partial<ConnectOptions> = {}): Promise<Link> {
    roots += 1;
    const root = `/link${roots}`;
    await other.create(root, noData);
    const link = new Link(await startProxy(server.port), root, options);
    await link.zk.connected();
    return link;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.zk.close();
    await this.proxy.stop();
  }
}

function reached(zk: ZooKeeper, wanted: SessionState): Promise<void> {
  return new Promise((resolve) => {
    const subscription = zk.onState((state) => {
      if (state !== wanted) return;
      subscription[Symbol.dispose]();
      resolve();
    });
  });
}

/** Holds the event loop still, as a long computation does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a session whose connection is cut', () => {
  it('keeps its ephemerals, and tells of each request what became of it', async () => {
    await using link = await Link.open();
    const { zk, root } = link;
    await zk.create(`${root}/mine`, noData, { mode: 'ephemeral' });
    const before = zk.sessionId;

    const writes = Array.from({ length: 500 }, (_, index) => zk.create(`${root}/n${index}`, noData));
    await writes[0];
    link.proxy.cut();
    const outcomes = await Promise.allSettled(writes);

    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(new Set(lost)).toEqual(new Set(lost.length === 0 ? [] : ['ZK_CONNECTION_LOSS']));
    const { children } = await zk.children(root);
    const made = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [`n${index}`] : []));
    expect(made.filter((name) => !children.includes(name))).toEqual([]);
    expect(await zk.exists(`${root}/mine`)).toBeDefined();
    expect(zk.sessionId).toBe(before);
    expect(link.states).toEqual(['connected', 'suspended', 'connected']);
  });

  it('is told afterwards what its one-shot watches missed, and nothing by its persistent ones', async () => {
    await using link = await Link.open();
    const { zk, root, proxy } = link;
    await other.create(`${root}/set`, noData);
    await other.create(`${root}/gone`, noData);
    const once: WatchEvent[] = [];
    const always: WatchEvent[] = [];
    const watch = (event: WatchEvent): void => void once.push(event);
    await other.create(`${root}/tree`, noData);
    await zk.addWatch(`${root}/tree`, (event) => void always.push(event));
    await zk.get(`${root}/set`, { watch });
    await zk.exists(`${root}/made`, { watch });
    await zk.children(`${root}/gone`, { watch });
    await zk.exists(`${root}/quiet`, { watch });

    proxy.stall();
    await other.create(`${root}/tree/missed`, noData);
    await other.set(`${root}/set`, text('new'));
    await other.create(`${root}/made`, noData);
    await other.delete(`${root}/gone`);
    const suspended = reached(zk, 'suspended');
    proxy.cut();
    await suspended;
    proxy.flow();
    await zk.connected();
    await zk.sync('/');
    await other.create(`${root}/quiet`, noData);
    await other.create(`${root}/tree/seen`, noData);
    await zk.sync('/');

    expect(once.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { type: 'deleted', path: `${root}/gone` },
      { type: 'created', path: `${root}/made` },
      { type: 'created', path: `${root}/quiet` },
      { type: 'data-changed', path: `${root}/set` },
    ]);
    expect(always).toEqual([{ type: 'created', path: `${root}/tree/seen` }]);
  });

  it('sets more watches again than fit one frame of the server', async () => {
    await using link = await Link.open();
    const { zk, root, proxy } = link;
    const padding = 'x'.repeat(150);
    let events = 0;
    const names = Array.from({ length: 10_000 }, (_, index) => `${root}/${padding}${index}`);
    await Promise.all(
      names.map((name) =>
        zk.exists(name, {
          watch: () => {
            events += 1;
          },
        }),
      ),
    );

    proxy.cut();
    await zk.connected();
    await Promise.all(names.slice(0, 500).map((name) => other.create(name, noData)));
    await zk.sync('/');

    expect(events).toBe(500);
    expect(link.states.filter((state) => state === 'suspended').length).toBe(1);
  });
});

describe('a session whose server is silent', () => {
  it('does not notice a silence that is shorter than two thirds of its timeout', async () => {
    await using link = await Link.open({ sessionTimeoutMs: 3_000 });

    link.proxy.stall();
    const answer = link.zk.exists('/');
    await systemTimers.sleep(1_200);
    link.proxy.flow();

    expect(await answer).toBeDefined();
    expect(link.states).toEqual(['connected']);
  });

  it('is suspended by a longer one, and goes on when the server answers in time', async () => {
    await using link = await Link.open({ sessionTimeoutMs: 3_000 });
    const before = link.zk.sessionId;

    link.proxy.stall();
    await reached(link.zk, 'suspended');
    link.proxy.flow();
    await link.zk.connected();

    expect(link.zk.sessionId).toBe(before);
    expect(await link.zk.exists('/')).toBeDefined();
  });

  it('expires when the server does not hear of it in time, and starts anew when told to', async () => {
    await using link = await Link.open({ sessionTimeoutMs: 1_000 });
    const { zk, root } = link;
    const events: WatchEvent[] = [];
    await zk.create(`${root}/mine`, noData, { mode: 'ephemeral' });
    await zk.addWatch(root, (event) => void events.push(event));
    const before = zk.sessionId;
    const gone = new Promise<void>((resolve) => {
      void other.exists(`${root}/mine`, { watch: () => resolve() });
    });

    link.proxy.stall();
    await gone;
    const expired = reached(zk, 'expired');
    link.proxy.cut();
    link.proxy.flow();
    await expired;
    zk.renew();
    // Requests are carried out after the watches were set again; somebody else's may come before.
    await zk.exists('/');
    await other.create(`${root}/later`, noData);
    await zk.sync('/');

    expect(zk.sessionId).not.toBe(before);
    expect(await zk.exists(`${root}/mine`)).toBeUndefined();
    expect(events).toEqual([{ type: 'created', path: `${root}/later` }]);
  });

  it.each([
    ['shorter', 800],
    ['longer', 3_500],
  ])('recovers when the server stands still for %s than its timeout', async (_, ms) => {
    await using link = await Link.open({ sessionTimeoutMs: 2_000 });
    const { zk } = link;
    zk.onState((state) => {
      if (state === 'expired') zk.renew();
    });

    server.pause();
    await systemTimers.sleep(ms);
    server.resume();
    await zk.exists('/').catch(() => undefined);
    while (zk.state !== 'connected') await zk.connected().catch(() => undefined);

    expect(await zk.exists('/')).toBeDefined();
    expect(link.states.includes('suspended')).toBe(ms > 2_000);
  });
});

describe('a session of a busy process', () => {
  it('survives when the event loop stands still for most of its timeout', async () => {
    await using link = await Link.open({ sessionTimeoutMs: 3_000 });
    await systemTimers.sleep(300);

    block(2_400);
    await systemTimers.sleep(800);

    expect(await link.zk.exists('/')).toBeDefined();
    expect(link.states).toEqual(['connected']);
  });
});

describe('a session whose server is killed', () => {
  it('lives on in the server that starts again, with its ephemerals', async () => {
    const mortal = await startZooKeeper();
    const zk = connect({ servers: mortal.connectString, sessionTimeoutMs: 20_000 });
    await zk.create('/mine', noData, { mode: 'ephemeral' });
    const before = zk.sessionId;

    await mortal.kill();
    const waiting = zk.set('/mine', text('later'));
    await mortal.start();

    expect((await waiting.catch(() => zk.set('/mine', text('later')))).version).toBeGreaterThan(0);
    expect(zk.sessionId).toBe(before);
    await zk.close();
    await mortal.stop();
  });
});
