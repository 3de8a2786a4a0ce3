import { freePort, serverRole } from '../server/index.js';
import { systemTimers } from '../timers.js';
import { startZooKeeper, type TestServer, type TestServerOptions } from './server.js';

/** Several servers that agree on one tree. */
export interface TestEnsemble extends AsyncDisposable {
  readonly servers: readonly TestServer[];
  readonly connectString: string;
  /** The leader as of now; waits until there is one. */
  leader(): Promise<TestServer>;
  /** Waits until every server serves, and so has caught up with the leader. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const electionTimeoutMs = 60_000;

/** Starts `size` servers and resolves when every one of them serves. */
export async function startEnsemble(
  size = 3,
  options: Omit<TestServerOptions, 'ensemble' | 'port' | 'dataDir'> = {},
): Promise<TestEnsemble> {
  const ports = await Promise.all(Array.from({ length: size * 2 }, freePort));
  const peers = Array.from({ length: size }, (_, index) => ({
    id: index + 1,
    quorumPort: ports[index * 2] ?? 0,
    electionPort: ports[index * 2 + 1] ?? 0,
  }));
  const servers: TestServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    for (const { id } of peers) servers.push(await startZooKeeper({ ...options, ensemble: { id, peers } }));
    await untilRoles(servers, isWhole);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    servers,
    connectString: servers.map((server) => server.connectString).join(','),
    leader: async () => {
      const roles = await untilRoles(servers, (found) => found.includes('leader'));
      const leader = servers[roles.indexOf('leader')];
      if (leader === undefined) throw new Error('the ensemble has no leader');
      return leader;
    },
    whole: async () => void (await untilRoles(servers, isWhole)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function isWhole(roles: readonly (string | undefined)[]): boolean {
  return roles.includes('leader') && roles.every((role) => role !== undefined);
}

async function untilRoles(
  servers: readonly TestServer[],
  done: (roles: readonly (string | undefined)[]) => boolean,
): Promise<readonly (string | undefined)[]> {
  const giveUpAtMs = systemTimers.monotonicMs() + electionTimeoutMs;
  for (;;) {
    const roles = await Promise.all(servers.map((server) => serverRole(server.port)));
    if (done(roles)) return roles;
    if (systemTimers.monotonicMs() > giveUpAtMs) throw new Error(`no ensemble within a minute: ${roles.join(', ')}`);
    await systemTimers.sleep(50);
  }
}
