import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper } from '@nodepool/zookeeper/testing';
import { afterAll, beforeAll } from 'vitest';
import { openStore } from './store.js';
import { describeStore } from './testing/index.js';

let server: Awaited<ReturnType<typeof startZooKeeper>>;
let root: ZooKeeper;
let trees = 0;

beforeAll(async () => {
  server = await startZooKeeper();
  root = connect({ servers: server.connectString });
});

afterAll(async () => {
  await root.close();
  await server.stop();
});

describeStore('server', async () => {
  trees += 1;
  const chroot = `/tree${trees}`;
  await root.ensurePath(chroot);
  const sessions: ZooKeeper[] = [];
  const another = async () => {
    const zk = connect({ servers: `${server.connectString}${chroot}` });
    sessions.push(zk);
    await zk.connected();
    const store = openStore({
      zk,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      identifier: 'store-test',
    });
    return { zk, store };
  };
  const { zk, store } = await another();
  return {
    store,
    zk,
    clock: systemClock,
    another,
    [Symbol.asyncDispose]: async () => void (await Promise.all(sessions.map((session) => session.close()))),
  };
});
