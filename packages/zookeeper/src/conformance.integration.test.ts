import { connect } from './index.js';
import { describeZooKeeper } from './memory/testing/describe-zookeeper.js';
import { startZooKeeper } from './testing/index.js';

describeZooKeeper('server', async () => {
  const server = await startZooKeeper();
  return {
    connect: async () => {
      const zk = connect({ servers: server.connectString });
      await zk.connected();
      return zk;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
});

describeZooKeeper('server, beneath a chroot', async () => {
  const server = await startZooKeeper();
  const outside = connect({ servers: server.connectString });
  await outside.ensurePath('/some/where');
  return {
    connect: async () => {
      const zk = connect({ servers: `${server.connectString}/some/where` });
      await zk.connected();
      return zk;
    },
    [Symbol.asyncDispose]: async () => {
      await outside.close();
      await server.stop();
    },
  };
});
