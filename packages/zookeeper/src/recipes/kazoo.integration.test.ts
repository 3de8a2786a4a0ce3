import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ZooKeeperClient } from '../client/client.js';
import { connect } from '../connect.js';
import { systemRandom } from '../random.js';
import { startZooKeeper, type TestServer } from '../testing/index.js';
import { contenders } from './contenders.js';
import { type LockOptions, lock, tryLock } from './lock.js';

const options: LockOptions = { random: systemRandom, ensure: 'parents', identifier: 'ours' };

/** A Python process that uses the same lock through kazoo. */
class KazooPeer implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(server: TestServer, path: string, counter: string) {
    const script = join(import.meta.dirname, 'testing', 'kazoo-peer.py');
    // The distribution's Python is the one that has kazoo.
    const child = spawn('/usr/bin/python3', [script, server.connectString, path, counter], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#process = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async ask(command: string): Promise<string> {
    this.#process.stdin?.write(`${command}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the Python process ended at "${command}"`);
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await gone;
  }
}

let server: TestServer;
let zk: ZooKeeperClient;
let kazoo: KazooPeer;
const path = '/locks/shared';

beforeAll(async () => {
  server = await startZooKeeper();
  zk = connect({ servers: server.connectString });
  await zk.create('/counter', Buffer.from('0'));
  kazoo = new KazooPeer(server, path, '/counter');
});

afterAll(async () => {
  await kazoo[Symbol.asyncDispose]();
  await zk.close();
  await server.stop();
});

describe('a lock shared with kazoo', () => {
  beforeEach(async () => {
    await zk.set('/counter', Buffer.from('0'));
  });

  it('is refused to whoever comes second', async () => {
    const taken = await kazoo.ask('try');
    const refused = await tryLock(zk, path, options);
    await kazoo.ask('release');
    const held = await tryLock(zk, path, options);
    const refusedToKazoo = await kazoo.ask('try');
    await held?.release();

    expect([taken, refused, held?.signal.aborted, refusedToKazoo]).toEqual(['True', undefined, false, 'False']);
  });

  it('is handed over in both directions, and both see the same contenders', async () => {
    await kazoo.ask('acquire');
    const waiting = lock(zk, path, options);
    const { promise: queued, resolve } = Promise.withResolvers<void>();
    const { children } = await zk.children(path, { watch: () => resolve() });
    if (children.length < 2) await queued;
    const seenByKazoo = await kazoo.ask('contenders');
    const seenByUs = (await contenders(zk, path)).map(({ data }) => data.toString());
    await kazoo.ask('release');
    const held = await waiting;
    const acquired = kazoo.ask('acquire');
    await held?.release();
    const answer = await acquired;
    await kazoo.ask('release');

    expect(seenByKazoo).toBe('kazoo,ours');
    expect(seenByUs).toEqual(['kazoo', 'ours']);
    expect(answer).toBe('True');
  });

  it('excludes: not one of many increments by both sides is lost', async () => {
    const rounds = 40;
    const clients = [zk, connect({ servers: server.connectString }), connect({ servers: server.connectString })];
    const increments = clients.map(async (client) => {
      for (let round = 0; round < rounds; round += 1) {
        const held = await lock(client, path, options);
        const { data } = await client.get('/counter');
        await client.set('/counter', Buffer.from(String(Number(data) + 1)));
        await held?.release();
      }
    });

    await Promise.all([...increments, kazoo.ask(`increment ${rounds}`)]);

    expect((await zk.get('/counter')).data.toString()).toBe(String(rounds * 4));
    expect(await contenders(zk, path)).toEqual([]);
    await clients[1]?.close();
    await clients[2]?.close();
  });
});
