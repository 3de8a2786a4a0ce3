import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { recordedOutput, restoreTree } from '@nodepool/listings/testing';
import { aNode, aRequest } from '@nodepool/model/testing';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { openStore, type Store } from '@nodepool/store';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { freePort } from '@nodepool/zookeeper/server';
import { startZooKeeper, type TestServer } from '@nodepool/zookeeper/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Run } from './testing/index.js';

/** As `script/bootstrap` builds it. */
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let server: TestServer;
let zk: ZooKeeper;
let store: Store;
let directory: string;
let config: string;

async function writeConfig(name: string, lines: readonly string[]): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-cli-'));
  server = await startZooKeeper();
  zk = connect({ servers: server.connectString });
  store = openStore({ zk, clock: systemClock, random: systemRandom, log: silentLogger, identifier: 'test' });
  config = await writeConfig('nodepool.yaml', [
    'zookeeper-servers:',
    '  - host: 127.0.0.1',
    `    port: ${server.port}`,
    'labels: []',
    'providers: []',
  ]);
});

afterAll(async () => {
  await zk.close();
  await server.stop();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  await zk.deleteRecursive('/nodepool');
});

function start(argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function finish(child: ChildProcess): Promise<Run> {
  if (child.stdout === null || child.stderr === null) throw new Error('the output is not piped');
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode, stdout, stderr };
}

const nodepool = (...argv: readonly string[]): Promise<Run> => finish(start(['-c', config, ...argv]));

async function createNodes(count: number): Promise<void> {
  await zk.ensurePath('/nodepool/nodes');
  const { id: _, ...node } = aNode();
  const record = { state: 'ready', state_time: 1, type: node.type, provider: node.provider, external_id: 'i-1' };
  await Promise.all(
    Array.from({ length: count }, async (_value, index) => {
      const path = `/nodepool/nodes/${String(index).padStart(10, '0')}`;
      await zk.create(path, Buffer.from(JSON.stringify({ ...record, public_ipv4: `192.0.2.${index % 256}` })));
      await zk.create(`${path}/lock`, Buffer.alloc(0));
    }),
  );
}

function aNewRequest() {
  const { id: _, ...request } = aRequest();
  return request;
}

/** Resolves with the number of lines of a file, once there are more than so many. */
function untilGrown(path: string, lines: number): Promise<number> {
  const count = async (): Promise<number | false> => {
    const found = (await readFile(path, 'utf8').catch(() => '')).split('\n').length - 1;
    return found > lines && found;
  };
  return vi.waitUntil(count, { timeout: 60_000, interval: 50 });
}

describe('the command', () => {
  it('shows the recorded tree as it was recorded', async () => {
    await restoreTree(zk, (path) => !path.endsWith('/pause'));

    const { stdout, stderr, exitCode } = await nodepool('request-list');

    expect(stdout).toBe(await recordedOutput('24-request-list'));
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('lists a thousand nodes', async () => {
    await createNodes(1_000);

    const { stdout } = await nodepool('list');

    expect(stdout.split('\n')).toHaveLength(1_000 + 5);
  });

  it('skips what holds no record, names it and leaves it as it is', async () => {
    await createNodes(2);
    const garbage = ['', '{"state"', '{"state": "dreaming"}', '[1]', `"${'x'.repeat(900_000)}"`, '\u0000\u001b[2J'];
    for (const [index, data] of garbage.entries()) {
      await zk.create(`/nodepool/nodes/000000009${index}`, Buffer.from(data));
    }

    const { stdout, stderr, exitCode } = await nodepool('list', '--format', 'json');

    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(exitCode).toBe(0);
    for (const [index, data] of garbage.entries()) {
      expect(stderr).toContain(`nodepool: warning: unreadable: /nodepool/nodes/000000009${index}: `);
      expect((await zk.get(`/nodepool/nodes/000000009${index}`)).data.toString()).toBe(data);
    }
    expect(stderr).not.toContain('\u001b');
    expect(stderr.length).toBeLessThan(4_000);
  });

  it('gives up a node that another process keeps locked', async () => {
    const held = await store.nodes.create(aNode());

    const { exitCode, stdout, stderr } = await nodepool('hold', held.id);

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^nodepool: error: node \d+ is locked by another process[^\n]*\n$/);
    await held.remove();
  });

  it('requests a node, waits for it and gives it back', async () => {
    const child = start(['-c', config, 'request', 'small', '--wait', '--format', 'json']);
    const finished = finish(child);
    const caches = await store.openCaches({ resourcesOf: () => ({}) });
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (caches.requests.size > 0) resolve();
      };
      caches.requests.onChange(look);
      look();
    });
    const [seen] = caches.requests.all();
    const request = seen === undefined ? undefined : await store.requests.accept(seen);
    if (request === undefined) throw new Error('the request was not accepted');
    const node = await store.nodes.create(aNode({ allocatedTo: request.id }));
    await store.requests.fulfil(request, [node], { node, change: { state: 'ready' } });

    const { stdout, exitCode } = await finished;

    expect(JSON.parse(stdout)).toMatchObject({ id: request.id, state: 'fulfilled', nodes: [{ id: node.id }] });
    expect(exitCode).toBe(0);
    expect((await nodepool('release', request.id)).stdout).toBe(`Request ${request.id} released\n`);
    expect((await store.nodes.get(node.id))?.record.state).toBe('used');
    expect(await store.requests.get(request.id)).toBeUndefined();
    await caches[Symbol.asyncDispose]();
  });

  it('follows a list until Ctrl-C, and ends with 0', async () => {
    await createNodes(1);
    const child = start(['-c', config, 'list', '--watch', '--format', 'json']);
    const finished = finish(child);
    if (child.stdout === null) throw new Error('the output is not piped');
    await once(child.stdout, 'data');

    await zk.deleteRecursive('/nodepool/nodes/0000000000');
    await once(child.stdout, 'data');
    child.kill('SIGINT');

    const { exitCode, stdout, stderr } = await finished;
    expect(stdout).toMatch(/"id": "0000000000"[\s\S]*\n\[\]\n$/);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('records what happens until Ctrl-C, as simulate reads it', async () => {
    await zk.ensurePath('/nodepool/nodes');
    await zk.ensurePath('/nodepool/requests');
    const trace = join(directory, 'trace.jsonl');
    const child = start(['-c', config, 'record', trace]);
    const finished = finish(child);
    // The first line tells that the caches are open.
    await untilGrown(trace, 0);
    const { record: request } = await store.requests.create(
      { ...aNewRequest(), nodeTypes: ['small'] },
      { priority: '100', ephemeral: false },
    );
    const before = await untilGrown(trace, 1);
    await store.requests.remove(request.id);
    await untilGrown(trace, before);
    child.kill('SIGINT');

    expect(await finished).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const lines = (await readFile(trace, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['trace', 'request', 'cancelled']);
    const simulated = await nodepool('simulate', '--trace', trace, '--format', 'json');
    expect(JSON.parse(simulated.stdout).all.requests).toBe(1);
  });

  it('takes a request back when it is interrupted', async () => {
    const child = start(['-c', config, 'request', 'small', '--wait']);
    const finished = finish(child);
    const caches = await store.openCaches({ resourcesOf: () => ({}) });
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (caches.requests.size > 0) resolve();
      };
      caches.requests.onChange(look);
      look();
    });

    child.kill('SIGINT');

    expect((await finished).exitCode).toBe(130);
    expect((await store.requests.list()).requests).toEqual([]);
    await caches[Symbol.asyncDispose]();
  });

  it('ends quietly when nobody reads its output', async () => {
    await createNodes(3_000);

    const child = start(['-c', config, 'list']);
    const finished = once(child, 'close');
    const errors = child.stderr === null ? '' : text(child.stderr);
    child.stdout?.once('data', () => child.stdout?.destroy());
    await finished;

    expect(await errors).toBe('');
  });
});

describe('without ZooKeeper', () => {
  it('the command warns every ten seconds, and ends at Ctrl-C', async () => {
    const lost = await writeConfig('lost.yaml', [
      'zookeeper-servers:',
      '  - host: 127.0.0.1',
      `    port: ${await freePort()}`,
      'labels: []',
      'providers: []',
    ]);
    const child = start(['-c', lost, 'list']);
    const finished = finish(child);
    const startedMs = performance.now();

    await once(child.stderr ?? child, 'data');
    const warnedAfterMs = performance.now() - startedMs;
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await finished;

    expect(warnedAfterMs).toBeGreaterThan(9_000);
    expect(stderr).toMatch(/WARNING/);
    expect(stdout).toBe('');
    expect(exitCode).toBe(130);
  });

  it('config-validate says where, what and what to do', async () => {
    const bad = await writeConfig('bad.yaml', [
      'zookeeper-servers:',
      '  - host: 127.0.0.1',
      '    port: ten',
      'lables: []',
      'providers: []',
    ]);

    const { exitCode, stdout } = await finish(start(['-c', bad, 'config-validate']));

    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${bad}:3:11: error: zookeeper-servers[0].port: `);
    expect(stdout).toContain(`${bad}:4:1: error: lables: `);
    expect(stdout).toMatch(/Remedy: /);
    expect(stdout).toMatch(/: 2 errors, no warnings\n$/);
  });

  it('config-validate accepts warnings', async () => {
    const { exitCode, stdout } = await nodepool('config-validate');

    expect(stdout).toBe(`${config}: no errors, no warnings\n`);
    expect(exitCode).toBe(0);
  });

  it.each(['list', 'config-validate'])('%s fails with one line when the configuration is missing', async (command) => {
    const path = join(directory, 'absent.yaml');

    const { exitCode, stdout, stderr } = await finish(start(['-c', path, command]));

    expect(exitCode).toBe(1);
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('the file does not exist'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(path);
  });
});
