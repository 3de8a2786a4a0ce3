import { aDiskimage } from '@nodepool/config/testing';
import { aNode, aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
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
