import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { checkout } from '../../support/daemon.js';
import { readSetting } from './settings.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the test cloud of this run is. */
    readonly testCloud: { readonly dir: string; readonly portBase: number };
  }
}

/** Offsets from the base at which the test cloud listens. Source: test/openstack-cloud/lib/settings.sh. */
const portOffsets = [0, 1, 2, 3, 4, 10, 11, 12, 22];

/**
 * Starts one test cloud for all files, and removes it after them. With NODEPOOL_TESTCLOUD_DIR a cloud that runs already
 * is used, and left running.
 *
 * @throws Error that says what to install when this machine cannot run one.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env['NODEPOOL_TESTCLOUD_DIR'];
  if (running !== undefined) {
    project.provide('testCloud', { dir: running, portBase: Number(await readSetting(running, 'PORT_BASE')) });
    return async () => undefined;
  }
  const dir = await mkdtemp(join(tmpdir(), 'nodepool-openstack-'));
  const portBase = await freePortBase();
  const env = { ...process.env, TESTCLOUD_DIR: dir, TESTCLOUD_PORT_BASE: String(portBase) };
  try {
    await testcloud('start', env);
  } catch (error) {
    await testcloud('wipe', env).catch(() => undefined);
    throw error;
  }
  project.provide('testCloud', { dir, portBase });
  return async () => {
    await testcloud('wipe', env);
  };
}

/** A first start on a machine that does much else: a minute when it is idle. Milliseconds. */
const startLimitMs = 900_000;

function testcloud(verb: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(join(checkout, 'script/testcloud'), [verb], { env, timeout: startLimitMs }, (error, stdout, stderr) => {
      process.stdout.write(stdout);
      if (error === null) resolve();
      else reject(new Error(`the test cloud does not ${verb}: ${stderr.trim() || error.message}`));
    });
  });
}

/** Below the range from which the kernel takes ports for outgoing connections. */
async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 20_000 + 50 * Math.floor(Math.random() * 200);
    const free = await Promise.all(portOffsets.map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no ports are free for the test cloud');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
