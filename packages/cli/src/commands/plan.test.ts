import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aDiskimage } from '@nodepool/config/testing';
import { aNode, aRequest } from '@nodepool/model/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCli, type TestCliOptions } from '../testing/index.js';

const build = '/nodepool/images/debian/builds/b1';
const upload = `${build}/providers/cloud-a/images/0000000001`;

async function planOf(config: NonNullable<TestCliOptions['config']>): Promise<readonly string[]> {
  await using cli = await openTestCli({ config });
  for (const path of [build, upload]) {
    await cli.zk.ensurePath(path);
    await cli.zk.set(path, Buffer.from('{"state": "ready", "state_time": 1}'));
  }
  await cli.store.nodes.create(aNode());
  const { id: _, ...request } = aRequest();
  await cli.store.requests.create(request, { priority: '100', ephemeral: false });
  const { stdout } = await cli.run('plan', '--format', 'json');
  return (JSON.parse(stdout) as { action: string; what: string }[]).map(({ action, what }) => `${action} ${what}`);
}

describe('plan', () => {
  it('tells what an empty configuration would remove and leave behind', async () => {
    expect(await planOf({})).toEqual([
      'remove build debian-b1',
      'strand upload 0000000001 of debian-b1 in cloud-a',
      'strand node 0000000000 (building)',
      'refuse request 100-0000000000',
    ]);
  });

  it('tells what would be built and launched', async () => {
    const labels = [{ name: 'small', minReady: 2 }];
    const plan = await planOf({ labels, diskimages: [aDiskimage(), aDiskimage({ name: 'fedora' })] });

    expect(plan.slice(0, 3)).toEqual([
      'build image fedora',
      'strand upload 0000000001 of debian-b1 in cloud-a',
      'launch 2 of label small',
    ]);
  });
});

describe('plan --against another configuration', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nodepool-plan-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const write = async (name: string, minReady: string): Promise<string> => {
    const path = join(folder, name);
    const servers = 'zookeeper-servers: [{host: 127.0.0.1}]';
    await writeFile(path, `${servers}\nlabels: [{name: small, min-ready: ${minReady}}]\nproviders: []\n`);
    return path;
  };

  it('tells what differs, without ZooKeeper', async () => {
    await using cli = await openTestCli();
    const [before, after] = await Promise.all([write('old.yaml', '1'), write('new.yaml', '2')]);

    const { stdout } = await cli.run('-c', after, 'plan', '--against', before, '--format', 'json');

    expect(JSON.parse(stdout)).toEqual([{ action: 'change', what: 'labels.small.min-ready', why: '1 becomes 2' }]);
  });

  it('fails with one line when one of them is wrong', async () => {
    await using cli = await openTestCli();
    const [before, after] = await Promise.all([write('old.yaml', 'many'), write('new.yaml', '2')]);

    const { exitCode, stdout, stderr } = await cli.run('-c', after, 'plan', '--against', before);

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^nodepool: error: [^\n]*old\.yaml[^\n]*min-ready[^\n]*\n$/);
  });
});
