import { describe, expect, it } from 'vitest';
import type { SessionState, WatchEvent } from '../types.js';
import { createMemoryEnsemble } from './index.js';
import { describeZooKeeper } from './testing/describe-zookeeper.js';

const empty = Buffer.alloc(0);

describeZooKeeper('tree in memory', async () => {
  const ensemble = createMemoryEnsemble();
  return { connect: async () => ensemble.connect(), [Symbol.asyncDispose]: async () => undefined };
});

describe('controls of a session in memory', () => {
  it('loses requests that had no answer when the connection was cut, and keeps later ones waiting', async () => {
    const zk = createMemoryEnsemble().connect();
    const inFlight = zk.create('/a', empty);

    zk.suspend();
    const later = zk.exists('/a');
    zk.resume();

    await expect(inFlight).rejects.toMatchObject({ code: 'ZK_CONNECTION_LOSS' });
    expect(await later).toBeUndefined();
  });

  it('takes back a request that waits for a connection when its signal aborts', async () => {
    const zk = createMemoryEnsemble().connect();
    const abort = new AbortController();
    zk.suspend();
    const created = zk.create('/a', empty, { signal: abort.signal });

    abort.abort();
    zk.resume();

    await expect(created).rejects.toMatchObject({ code: 'ZK_CONNECTION_LOSS' });
    expect(await zk.exists('/a')).toBeUndefined();
  });

  it('delivers missed one-shot events after the suspension, and none of a persistent watch', async () => {
    const ensemble = createMemoryEnsemble();
    const zk = ensemble.connect();
    const other = ensemble.connect();
    const once: WatchEvent[] = [];
    const always: WatchEvent[] = [];
    await zk.exists('/a', { watch: (event) => void once.push(event) });
    await zk.addWatch('/', (event) => void always.push(event));

    zk.suspend();
    await other.create('/a', empty);
    const whileSuspended = once.length;
    zk.resume();
    await zk.exists('/');

    expect(whileSuspended).toBe(0);
    expect(once).toEqual([{ type: 'created', path: '/a' }]);
    expect(always).toEqual([]);
  });

  it('drops ephemerals at expiry and works again after renewal', async () => {
    const ensemble = createMemoryEnsemble();
    const zk = ensemble.connect();
    const states: SessionState[] = [];
    zk.onState((state) => void states.push(state));
    const events: WatchEvent[] = [];
    await zk.addWatch('/', (event) => void events.push(event));
    await zk.create('/mine', empty, { mode: 'ephemeral' });
    const before = zk.sessionId;

    zk.expire();
    const refused = zk.get('/mine');
    zk.renew();
    await expect(refused).rejects.toMatchObject({ code: 'ZK_SESSION_EXPIRED' });
    await zk.connected();

    expect(await zk.exists('/mine')).toBeUndefined();
    await zk.create('/later', empty);
    expect(events.map((event) => event.path)).toEqual(['/mine', '/later']);
    expect(zk.sessionId).not.toBe(before);
    expect(states).toEqual(['expired', 'connecting', 'connected']);
  });

  it.each([
    ['before', undefined],
    ['after', 0],
  ] as const)('fails the next request of a kind %s carrying it out', async (when, version) => {
    const zk = createMemoryEnsemble().connect();
    zk.failNext('create', when);

    await expect(zk.create('/a', empty)).rejects.toMatchObject({ code: 'ZK_CONNECTION_LOSS' });
    await zk.connected();

    expect((await zk.exists('/a'))?.version).toBe(version);
    await expect(zk.create('/b', empty)).resolves.toMatchObject({ path: '/b' });
  });

  it('stops waiting when the signal aborts, and carries the request out all the same', async () => {
    const zk = createMemoryEnsemble().connect();
    const abort = new AbortController();
    const created = zk.create('/a', empty, { signal: abort.signal });

    abort.abort();

    await expect(created).rejects.toMatchObject({ code: 'ZK_CONNECTION_LOSS' });
    expect(await zk.exists('/a')).toBeDefined();
  });

  it('waits for the connection, until the signal aborts', async () => {
    const zk = createMemoryEnsemble().connect();
    zk.suspend();
    const abort = new AbortController();
    const waiting = zk.connected();
    const givenUp = zk.connected(abort.signal);

    abort.abort(new Error('enough'));
    zk.resume();

    await expect(givenUp).rejects.toThrow('enough');
    await expect(waiting).resolves.toBeUndefined();
  });

  it('carries requests out late and in their order while they stall, and tells of events meanwhile', async () => {
    const ensemble = createMemoryEnsemble();
    const [zk, other] = [ensemble.connect(), ensemble.connect()];
    const events: string[] = [];
    await zk.addWatch('/', ({ path }) => void events.push(path));

    zk.stall();
    const late = [zk.create('/a', empty), zk.create('/a/b', empty)];
    await other.create('/c', empty);
    const before = [await other.exists('/a'), ...events];
    zk.flow();
    await Promise.all(late);

    expect(before).toEqual([undefined, '/c']);
    expect(events).toEqual(['/c', '/a', '/a/b']);
  });

  it('counts requests', async () => {
    const zk = createMemoryEnsemble().connect();

    await zk.create('/a', empty);
    await zk.multi([{ op: 'check', path: '/a' }]);

    expect(zk.requests).toBe(2);
  });
});
