import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, cloudInstances, eventually, startCluster } from '../support/cluster.js';
import { type Outcome, Zuul } from './programs.js';

const seed = Number(process.env['INTEROP_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** `scarce` has room for one node, `slow` takes its time to boot; all else is immediate. */
function configuration({ folder, port }: { readonly folder: string; readonly port: number }): string {
  const provider = (name: string, maxServers: number, bootMs: number, labels: readonly string[]): string => `
  - name: ${name}
    driver: fake
    cloud: none
    fake: {state-dir: ${folder}/cloud, boot-ms: ${bootMs}}
    cloud-images: [{name: ready-made}]
    pools:
      - name: main
        max-servers: ${maxServers}
        node-attributes: {rack: r1}
        labels: [${labels.map((label) => `{name: ${label}, cloud-image: ready-made, flavor-name: any}`).join(', ')}]`;
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 4.0
labels: [{name: small, min-ready: 1}, {name: large}, {name: scarce}, {name: slow}]
providers:${provider('cloud-a', 20, 0, ['small', 'large'])}${provider('cloud-b', 1, 0, ['scarce'])}${provider('cloud-c', 20, 1_500, ['slow'])}
`;
}

let cluster: Cluster;
let zuul: Zuul;

beforeAll(async () => {
  cluster = await startCluster(configuration);
  cluster.start('nodepool-launcher');
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

beforeEach(async () => {
  zuul = await Zuul.start(cluster);
});

/** Every test leaves the tree as it found it: one idle node, no request, nothing of anybody in the cloud. */
afterEach(async () => {
  await untilSettled();
  const wrong = await zuul.check();
  await zuul[Symbol.asyncDispose]();
  expect(wrong).toEqual([]);
});

function untilSettled(): Promise<void> {
  return eventually(
    'the tree is settled',
    async () => {
      const nodes = await zuul.allNodes();
      const requests = Object.keys(await zuul.allRequests());
      const instances = await cloudInstances(cluster);
      const busy = Object.entries(nodes).filter(
        ([, node]) => node['state'] !== 'ready' || node['allocated_to'] !== null,
      );
      const strangers = instances.filter((id) => nodes[id] === undefined);
      return busy.length + requests.length + strangers.length === 0
        ? undefined
        : JSON.stringify({ busy, requests, strangers });
    },
    30_000,
  );
}

describe('a request as Zuul writes it', () => {
  it('is answered with every key of the record, those of Zuul unharmed', async () => {
    const requestor = { build_set_uuid: 'c4d8', weight: 1, job_name: 'zażółć', deep: [{ a: null }] };
    const request = await zuul.submit(['small'], { requestor_data: requestor, zuul_only: { kept: true } });

    const answer = await zuul.awaitRequest(request, 'fulfilled');
    const wrong = await zuul.check(request);
    const nodes = await zuul.acceptWhenFulfilled(request);
    const node = await zuul.node(String(nodes[0]));
    await zuul.program.run('use', { nodes });
    await zuul.program.run('finish', { nodes });

    expect(answer).toMatchObject({
      requestor_data: requestor,
      zuul_only: { kept: true },
      declined_by: [],
      reuse: true,
    });
    expect(wrong).toEqual([]);
    expect(node).toMatchObject({
      state: 'ready',
      type: ['small'],
      provider: 'cloud-a',
      pool: 'main',
      allocated_to: request,
      requestor: 'zuul.example.com',
      tenant_name: 'tenant-a',
      attributes: { rack: 'r1' },
      ssh_port: 22,
      image_id: 'ready-made',
      host_keys: ['ssh-rsa FAKEKEY'],
    });
  });

  it('gets several nodes in the order of its labels, duplicates included', async () => {
    const labels = ['small', 'large', 'small'];
    const request = await zuul.submit(labels);

    const nodes = await zuul.acceptWhenFulfilled(request);
    const found = await zuul.allNodes();
    await finish(nodes);

    expect(nodes.map((id) => found[id]?.['type'])).toEqual(labels.map((label) => [label]));
    expect(new Set(nodes).size).toBe(3);
  });

  it('fails when no pool has the label, and says who declined', async () => {
    const request = await zuul.submit(['no-such-label']);

    const answer = await zuul.awaitRequest(request, 'failed');
    const wrong = await zuul.check(request);
    const pools = await zuul.pools();
    await cancel(request);

    expect([...(answer['declined_by'] as string[])].sort()).toEqual(pools.map(({ id }) => id).sort());
    expect(wrong).toEqual([]);
  });

  it('of an older Zuul vanishes with its session, and its node returns to the pool', async () => {
    const older = await Zuul.start(cluster, 2);
    const request = await older.submit(['slow'], { ephemeral: true });
    await older.awaitRequest(request, 'fulfilled');
    const [node = ''] = await zuul.nodesOf(request);

    await older.program.kill();
    await zuul.awaitRequest(request, 'gone');
    await zuul.awaitFree(node);
    const again = await zuul.submit(['slow']);
    const nodes = await zuul.acceptWhenFulfilled(again);
    await finish(nodes);

    expect(nodes).toEqual([node]);
  });
});

describe('relative priority', () => {
  it('revised under the lock decides who gets the next node', async () => {
    const first = await zuul.submit(['scarce']);
    const held = await zuul.acceptWhenFulfilled(first);
    await zuul.program.run('use', { nodes: held });
    const [waiting, late, later] = [
      await zuul.submit(['scarce'], { relative_priority: 0 }),
      await zuul.submit(['scarce'], { relative_priority: 5 }),
      await zuul.submit(['scarce'], { relative_priority: 9 }),
    ];

    const revised = await revise(later, 1);
    await finish(held);
    const order: string[] = [];
    for (const request of [waiting, later, late]) {
      const nodes = await zuul.acceptWhenFulfilled(request);
      order.push(...(await othersFulfilled([waiting, late, later])));
      await finish(nodes);
    }

    expect(revised).toBe('revised');
    expect(order).toEqual([]);
  });

  /** A launcher may be looking at the request, under its lock, just now: Zuul comes again then. */
  async function revise(request: string, relativePriority: number): Promise<unknown> {
    for (;;) {
      const answer = await zuul.program.run('revise', { request, relative_priority: relativePriority });
      if (answer !== 'locked') return answer;
    }
  }

  async function othersFulfilled(requests: readonly string[]): Promise<readonly string[]> {
    const all = await zuul.allRequests();
    return requests.filter((request) => all[request]?.['state'] === 'fulfilled');
  }
});

describe('a request is cancelled', () => {
  it('while it waits, and nobody misses it', async () => {
    const first = await zuul.submit(['scarce']);
    const held = await zuul.acceptWhenFulfilled(first);
    const request = await zuul.submit(['scarce']);

    await cancel(request);
    await finish(held);
    const next = await zuul.submit(['scarce']);
    const nodes = await zuul.acceptWhenFulfilled(next);
    await finish(nodes);

    expect(nodes).toHaveLength(1);
  });

  it('while its node is built, which then serves the next one', async () => {
    const request = await zuul.submit(['slow']);
    await zuul.awaitRequest(request, 'pending');
    const [building = ''] = await nodesMadeFor(request);

    await cancel(request);
    await zuul.awaitFree(building);
    const next = await zuul.submit(['slow']);
    const nodes = await zuul.acceptWhenFulfilled(next);
    await finish(nodes);

    expect(nodes).toEqual([building]);
  });

  it('when it is fulfilled, and its node becomes anybody’s', async () => {
    const request = await zuul.submit(['large']);
    const answer = await zuul.awaitRequest(request, 'fulfilled');
    const [node = ''] = answer['nodes'] as string[];

    await cancel(request);
    await zuul.awaitFree(node);
    const next = await zuul.submit(['large']);
    const nodes = await zuul.acceptWhenFulfilled(next);
    await finish(nodes);

    expect(nodes).toEqual([node]);
  });

  it('when its nodes are locked, and unlocking returns them', async () => {
    const request = await zuul.submit(['large']);
    const taken = await zuul.acceptWhenFulfilled(request);
    const [node = ''] = taken;
    const locked = await zuul.node(node);

    await zuul.program.run('unlock', { nodes: taken });
    await zuul.awaitFree(node);
    const next = await zuul.submit(['large']);
    const nodes = await zuul.acceptWhenFulfilled(next);
    await finish(nodes);

    expect(locked).toMatchObject({ state: 'ready', allocated_to: request });
    expect(nodes).toEqual([node]);
  });

  it('when its nodes are in use, and they are deleted', async () => {
    const request = await zuul.submit(['large', 'small']);
    const nodes = await zuul.acceptWhenFulfilled(request);
    await zuul.program.run('use', { nodes });

    await finish(nodes);

    for (const node of nodes) await zuul.awaitNode(node, 'gone');
  });

  async function nodesMadeFor(request: string): Promise<readonly string[]> {
    let found: readonly string[] = [];
    await eventually(
      'a node for the request',
      async () => {
        found = await zuul.nodesOf(request);
        return found.length > 0 ? undefined : 'none yet';
      },
      10_000,
    );
    return found;
  }
});

describe('nodes in Zuul’s hands', () => {
  it('are deleted when Zuul dies', async () => {
    const dying = await Zuul.start(cluster, 2);
    const request = await dying.submit(['large']);
    const nodes = await dying.acceptWhenFulfilled(request);
    await dying.program.run('use', { nodes });

    await dying.program.kill();

    await zuul.awaitNode(nodes[0] ?? '', 'gone');
  });

  it('stay while they are held, with what Zuul wrote, and go when the hold expires', async () => {
    const request = await zuul.submit(['large']);
    const nodes = await zuul.acceptWhenFulfilled(request);
    const [node = ''] = nodes;
    await zuul.program.run('use', { nodes });

    await zuul.program.run('hold', { nodes, comment: 'look at /var/log', hold_expiration: 2 });
    const heldAtMs = performance.now();
    const held = await zuul.node(node);
    await zuul.awaitNode(node, 'gone');
    const heldForMs = performance.now() - heldAtMs;

    expect(held).toMatchObject({
      state: 'hold',
      comment: 'look at /var/log',
      hold_expiration: 2,
      hold_job: 'tenant-a example/project unit .*',
      user_data: { zuul_system: 'zuul.example.com' },
    });
    expect(heldForMs).toBeGreaterThan(1_500);
  });
});

describe('many jobs of two Zuuls', () => {
  it('get nodes of their own, whatever is cancelled meanwhile', async () => {
    await using other = await Zuul.start(cluster);
    const load = { count: 40, threads: 8, labels: ['small', 'large'], cancel_share: 0.25 };

    const outcomes = (
      await Promise.all([zuul.jobs({ ...load, seed }), other.jobs({ ...load, seed: seed + 1 })])
    ).flat();

    expectOneOwnerEach(outcomes);
    expect(outcomes.filter(({ state }) => state === 'fulfilled').length).toBeGreaterThan(20);
  });

  function expectOneOwnerEach(outcomes: readonly Outcome[]): void {
    expect(
      outcomes.flatMap(({ problems }) => problems),
      `seed ${seed}`,
    ).toEqual([]);
    const used = outcomes.filter(({ state }) => state === 'fulfilled').flatMap(({ nodes }) => nodes);
    expect(new Set(used).size, `nodes used by one job each, seed ${seed}`).toBe(used.length);
  }
});

async function cancel(request: string): Promise<void> {
  expect(await zuul.program.run('cancel', { request })).toBe(true);
}

/** The job is done: `used`, then unlocked. */
async function finish(nodes: readonly string[]): Promise<void> {
  await zuul.program.run('finish', { nodes });
}
