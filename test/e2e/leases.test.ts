import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeWebToken } from '@nodepool/operations';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Cluster, cloudInstances, eventually, nodeRecords, startCluster } from '../support/cluster.js';
import { checkout, type Daemon, startDaemon } from '../support/daemon.js';

const { token, hash } = makeWebToken();
const patienceMs = 120_000;
const ttlSec = 15;

let cluster: Cluster;
let servers: readonly string[];
let launchers: readonly Daemon[];
const running: ChildProcess[] = [];

function configuration(folder: string, zooKeeperPort: number, webPort: number, bootMs = 0): string {
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${zooKeeperPort}}]
zookeeper-timeout: 4.0
webapp: {port: ${webPort}, listen_address: 127.0.0.1}
labels: [{name: small}, {name: slow}]
providers:
  - name: cloud-a
    driver: fake
    fake: {state-dir: ${folder}/cloud}
    cloud-images: [{name: ready-made}]
    pools:
      - name: main
        max-servers: 20
        labels: [{name: small, cloud-image: ready-made, flavor-name: any}]
  - name: cloud-b
    driver: fake
    fake: {state-dir: ${folder}/slow-cloud, boot-ms: ${bootMs}}
    cloud-images: [{name: ready-made}]
    pools:
      - name: main
        max-servers: 20
        labels: [{name: slow, cloud-image: ready-made, flavor-name: any}]
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

beforeAll(async () => {
  const ports = [await freePort(), await freePort()];
  servers = ports.map((port) => `http://127.0.0.1:${port}`);
  cluster = await startCluster(({ folder, port }) => configuration(folder, port, ports[0] ?? 0));
  const { folder, zooKeeper } = cluster;
  const secure = join(folder, 'secure.yaml');
  await writeFile(secure, `webapp: {tokens: [{name: ci, hash: "${hash}", scopes: [lease]}]}\n`);
  await writeFile(join(folder, 'token'), `${token}\n`);
  launchers = await Promise.all(
    ports.map(async (webPort, index) => {
      const file = join(folder, `launcher-${index}.yaml`);
      await writeFile(file, configuration(folder, zooKeeper.port, webPort, 6_000));
      const args = ['-f', '-c', file, '-s', secure, '-p', join(folder, `launcher-${index}.pid`)];
      return startDaemon('nodepool-launcher', args, join(folder, `launcher-${index}.log`));
    }),
  );
  for (const server of servers) {
    await eventually('both launchers are ready', () => isReady(server), patienceMs);
  }
  await eventually('both launchers have registered their pools', arePoolsThere, patienceMs);
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

afterAll(async () => {
  for (const launcher of launchers) launcher.kill('SIGKILL');
  await Promise.allSettled(launchers.map(({ exited }) => exited));
  await cluster[Symbol.asyncDispose]();
});

async function isReady(server: string): Promise<string | undefined> {
  const answer = await fetch(`${server}/ready`).catch(() => undefined);
  return answer?.ok === true ? undefined : 'not ready';
}

async function arePoolsThere(): Promise<string | undefined> {
  const found = await Promise.all(
    servers.map(async (server) => {
      const { items } = (await (await fetch(`${server}/api/v1/labels`)).json()) as { items: { name: string }[] };
      return items.length;
    }),
  );
  return found.every((labels) => labels === 2) ? undefined : `labels: ${found.join(', ')}`;
}

const authorization = { authorization: `Bearer ${token}` };

async function leases(server = servers[1]): Promise<readonly { id: string; state: string }[]> {
  const answer = await fetch(`${server}/api/v1/leases?limit=1000`, { headers: authorization });
  return ((await answer.json()) as { items: { id: string; state: string }[] }).items;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `nodepool lease` of both launchers. */
function lease(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const settings = ['--ttl', `${ttlSec}`, '--token-file', join(cluster.folder, 'token')];
  const from = servers.flatMap((server) => ['--server', server]);
  return start(join(checkout, 'bin', 'nodepool'), ['lease', ...settings, ...from, ...args]);
}

function start(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd ?? cluster.folder,
    env: { ...process.env, ...options.env },
  });
  running.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended };
}

/** Everything that was lent is gone from the tree and from the cloud. */
async function everythingIsBack(withinMs = patienceMs): Promise<void> {
  await eventually(
    'everything is back',
    async () => {
      const [nodes, instances, open] = [await nodeRecords(cluster.zk), await cloudInstances(cluster), await leases()];
      const kept = open.filter(({ state }) => ['waiting', 'active', 'releasing'].includes(state));
      const requests = (await cluster.zk.children('/nodepool/requests')).children;
      if (nodes.size + instances.length + kept.length + requests.length === 0) return undefined;
      return `${nodes.size} nodes, ${instances.length} instances, ${kept.length} leases, ${requests.length} requests`;
    },
    withinMs,
  );
}

const untilMachinesAre = (number: number): Promise<void> =>
  eventually(
    `${number} machines are held`,
    async () => {
      const held = [...(await nodeRecords(cluster.zk)).values()].filter(({ state }) => state === 'hold');
      return held.length === number ? undefined : `${held.length} are`;
    },
    patienceMs,
  );

describe('nodepool lease', () => {
  it('runs a command that finds its machines, passes on its exit code and gives them back', async () => {
    const print = 'cat "$NODEPOOL_SSH_CONFIG"; cat "$ANSIBLE_INVENTORY"; echo "$NODEPOOL_NODES"; exit 7';

    const { code, stdout, stderr } = await lease('small', 'small', '--', 'sh', '-c', print).ended;

    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
    expect(stdout).toMatch(/Host small-1\n {2}HostName fake\n[\s\S]*Host small-2\n {2}HostName fake\n/);
    const nodes = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>[];
    expect(nodes).toMatchObject([{ name: 'small-1', host_keys: ['ssh-rsa FAKEKEY'] }, { name: 'small-2' }]);
    await everythingIsBack();
  });

  it('gives the machines back when it is told to end', async () => {
    const { child, ended } = lease('small', '--', 'sleep', '600');
    await untilMachinesAre(1);

    child.kill('SIGTERM');

    expect((await ended).code).toBe(143);
    await everythingIsBack();
  });

  it('keeps its machines beyond the time of the lease', async () => {
    const { code } = await lease('small', '--', 'sleep', `${ttlSec + 3}`).ended;

    expect(code).toBe(0);
    await everythingIsBack();
  });

  it('leaves nothing behind when it is killed', async () => {
    const { child } = lease('small', '--', 'sleep', '30');
    await untilMachinesAre(1);

    child.kill('SIGKILL');

    await everythingIsBack(ttlSec * 1000 + 30_000);
  });
});

it('five calls at once with one key, to both launchers, are one lease', async () => {
  const calls = Array.from({ length: 5 }, async (_, index) => {
    const headers = { ...authorization, 'content-type': 'application/json', 'idempotency-key': 'five' };
    const body = JSON.stringify({ labels: ['small'], ttl: ttlSec, wait: 30 });
    const answer = await fetch(`${servers[index % 2]}/api/v1/leases`, { method: 'POST', headers, body });
    return { status: answer.status, ...((await answer.json()) as { id: string; state: string }) };
  });
  const answers = await Promise.all(calls);

  expect(answers.map(({ status, state }) => [status, state])).toEqual(answers.map(() => [201, 'active']));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  const path = `${servers[0]}/api/v1/leases/${answers[0]?.id}`;
  expect((await fetch(path, { method: 'DELETE', headers: authorization })).status).toBe(204);
  await everythingIsBack();
});

describe('the example for', () => {
  /** An empty checkout with the programs that the example calls; `nodepool` is on the path. */
  async function project(): Promise<{ readonly cwd: string; readonly env: Readonly<Record<string, string>> }> {
    const cwd = await mkdtemp(join(cluster.folder, 'project-'));
    for (const program of ['run-tests', 'deploy']) {
      const text = `#!/bin/sh\necho "${program} ran with $(echo "\${NODEPOOL_NODES:-$(cat lease.json)}" | jq -c '[.. | .label? // empty]')"\n`;
      await writeFile(join(cwd, program), text, { mode: 0o755 });
    }
    const env = {
      NODEPOOL_TOKEN: token,
      NODEPOOL_SERVER: servers.join(' '),
      PATH: `${join(checkout, 'bin')}:${process.env['PATH']}`,
    };
    return { cwd, env };
  }

  async function example(path: string): Promise<string> {
    return await readFile(join(checkout, 'examples', path), 'utf8');
  }

  it('GitHub Actions works', async () => {
    const { cwd, env } = await project();
    const temp = join(cwd, 'temp');
    await mkdir(temp);
    const more = { RUNNER_TEMP: temp, GITHUB_REPOSITORY: 'acme/tool', GITHUB_RUN_ID: '1', MACHINE_KEY: 'key' };
    const workflow = parse(await example('github-actions/machines.yml'));
    const steps = workflow.jobs.machines.steps as { run?: string }[];

    let output = '';
    for (const { run } of steps.filter((step) => step.run !== undefined)) {
      const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run ?? ''];
      const { code, stdout, stderr } = await start('bash', args, { cwd, env: { ...env, ...more } }).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      output += stdout;
    }

    expect(await readFile(join(temp, 'machine-key'), 'utf8')).toBe('key\n');
    expect(output).toBe('run-tests ran with ["small","small"]\n');
    await everythingIsBack();
  });

  it('GitLab works', async () => {
    const { cwd, env } = await project();
    const job = parse(await example('gitlab/gitlab-ci.yml')).machines;
    const all = { ...env, ...job.variables, NODEPOOL_SERVER: servers[0] ?? '', CI_JOB_ID: '42', LEASE_TTL: '15' };
    const script = ['set -eo pipefail', ...job.before_script, ...job.script].join('\n');

    const main = await start('bash', ['-c', script], { cwd, env: all }).ended;
    const after = await start('bash', ['-c', `set -eo pipefail\n${job.after_script.join('\n')}`], { cwd, env: all })
      .ended;

    expect(main).toMatchObject({ code: 0, stdout: 'run-tests ran with ["small","small"]\n' });
    expect(after).toMatchObject({ code: 0 });
    await everythingIsBack();
  });

  it('Jenkins works', async () => {
    const { cwd, env } = await project();
    const text = await example('jenkins/Jenkinsfile');
    const steps = [...text.matchAll(/\bsh (?:'''([\s\S]*?)'''|'([^'\n]*)')/g)].map(
      ([, long, short]) => long ?? short ?? '',
    );

    let output = '';
    for (const step of steps) {
      // As a string of Groovy: backslashes mean themselves and a line that goes on.
      const script = step.replaceAll('\\n', '\n').replaceAll('\\\n', '');
      const all = { ...env, NODEPOOL_SERVER: servers[0] ?? '', BUILD_TAG: 'jenkins-tool-1' };
      const { code, stdout } = await start('sh', ['-xe', '-c', script], { cwd, env: all }).ended;
      expect(code).toBe(0);
      output += stdout;
    }

    expect(steps).toHaveLength(5);
    expect(output).toBe('deploy ran with ["small"]\nrun-tests ran with ["small"]\n');
    await everythingIsBack();
  });
});

it('a lease that waits goes on when its launcher is killed', async () => {
  const { ended } = lease('slow', '--', 'true');
  await eventually(
    'a machine is being made',
    async () => ((await nodeRecords(cluster.zk)).size === 1 ? undefined : 'none yet'),
    patienceMs,
  );

  launchers[0]?.kill('SIGKILL');

  expect(await ended).toMatchObject({ code: 0 });
  await everythingIsBack();
});
