import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nodepool/runtime';
import { recordLog } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../load.js';
import { tinyDriver } from '../testing/index.js';
import { watchConfig } from './watch-config.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-config-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const text = (label: string): string => `zookeeper-servers: [{host: localhost}]\nlabels: [{name: ${label}}]\n`;

/** Watches `path` and gives the labels of each configuration that comes, in order. */
async function follow(path: string) {
  const options = { path, drivers: [tinyDriver], env: {} };
  const arrived: string[] = [];
  let wake = (): void => undefined;
  const watch = watchConfig({
    ...options,
    clock: systemClock,
    log: recordLog(),
    initial: await loadConfig(options),
    onChange: ({ config }) => {
      arrived.push(...config.labels.keys());
      wake();
    },
  });
  const next = async (): Promise<string | undefined> => {
    if (arrived.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return arrived.shift();
  };
  return { next, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() };
}

/** Less than the sweep of ten seconds: an event of the file system must have told. */
const soon = { timeout: 8000 };

describe('watchConfig on a file system', () => {
  it('sees a file that is written in place', soon, async () => {
    const path = join(directory, 'nodepool.yaml');
    await writeFile(path, text('a'));
    await using watch = await follow(path);

    await writeFile(path, text('b'));

    expect(await watch.next()).toBe('b');
  });

  it('sees a file that is replaced, again and again', soon, async () => {
    const path = join(directory, 'nodepool.yaml');
    await writeFile(path, text('a'));
    await using watch = await follow(path);

    for (const label of ['b', 'c']) {
      await writeFile(`${path}.new`, text(label));
      await rename(`${path}.new`, path);
      expect(await watch.next()).toBe(label);
    }
  });

  it('sees a directory of files that is exchanged by a link, as Kubernetes does', soon, async () => {
    for (const version of ['1', '2']) {
      await mkdir(join(directory, version));
      await writeFile(join(directory, version, 'nodepool.yaml'), text(`v${version}`));
    }
    await symlink('1', join(directory, 'data'));
    await symlink('data/nodepool.yaml', join(directory, 'nodepool.yaml'));
    await using watch = await follow(join(directory, 'nodepool.yaml'));

    await symlink('2', join(directory, 'data.new'));
    await rename(join(directory, 'data.new'), join(directory, 'data'));

    expect(await watch.next()).toBe('v2');
  });

  it('sees a file that is removed and written anew', soon, async () => {
    const path = join(directory, 'nodepool.yaml');
    await writeFile(path, text('a'));
    await using watch = await follow(path);

    await rm(path);
    await writeFile(path, text('b'));
    await chmod(path, 0o600);

    expect(await watch.next()).toBe('b');
  });
});
