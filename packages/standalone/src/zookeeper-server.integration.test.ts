import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity, systemClock } from '@nodepool/runtime';
import { recordLog } from '@nodepool/runtime/testing';
import { serverCommand, serverRole } from '@nodepool/zookeeper/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SupervisedServer, superviseServer } from './zookeeper-server.js';

let dataDir: string;
const running: SupervisedServer[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nodepool-standalone-'));
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<SupervisedServer> {
  const server = await superviseServer({
    dataDir,
    port: undefined,
    clock: systemClock,
    log: recordLog(),
    signal: AbortSignal.timeout(60_000),
  });
  running.push(server);
  return server;
}

async function currentPid(): Promise<number> {
  return (JSON.parse(await readFile(join(dataDir, 'server.pid'), 'utf8')) as ProcessIdentity).pid;
}

async function untilServing(port: number): Promise<void> {
  while ((await serverRole(port)) === undefined) await systemClock.sleep(50, AbortSignal.timeout(30_000));
}

describe('superviseServer', () => {
  it('starts a server that is killed again', async () => {
    const { port } = await start();
    const first = await currentPid();

    process.kill(first, 'SIGKILL');
    while ((await currentPid()) === first) await systemClock.sleep(50);
    await untilServing(port);

    expect(await serverRole(port)).toBe('standalone');
  });

  it('ends the server that a killed predecessor left behind, and keeps its port', async () => {
    const predecessor = await start();
    await predecessor.stop();
    running.length = 0;
    const { program, args } = serverCommand({ configFile: join(dataDir, 'zoo.cfg'), heapMiB: 64 });
    const orphan = spawn(program, args, { stdio: 'ignore' });
    await writeFile(join(dataDir, 'server.pid'), JSON.stringify(await identify(orphan.pid ?? 0)));
    await untilServing(predecessor.port);

    const successor = await start();

    expect(successor.port).toBe(predecessor.port);
    expect(orphan.signalCode ?? orphan.exitCode).not.toBeNull();
    expect(await serverRole(successor.port)).toBe('standalone');
  });

  it('leaves nothing running when stopped', async () => {
    const server = await start();
    await server.stop();

    expect(await serverRole(server.port)).toBeUndefined();
  });

  it('leaves nothing running when stopped while it starts the server again', async () => {
    const server = await start();
    const first = await currentPid();
    process.kill(first, 'SIGKILL');
    while ((await currentPid()) === first) await systemClock.sleep(10);
    const second = await identify(await currentPid());

    await server.stop();

    expect(second !== undefined && (await isAlive(second))).toBe(false);
  });
});
