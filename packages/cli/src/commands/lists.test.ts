import { recordedBody, recordedOutput, restoreTree } from '@nodepool/listings/testing';
import { describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

/** The original listed in no particular order; ours is sorted by id. */
function rowsOf(table: string): readonly string[] {
  return table.trimEnd().split('\n').toSorted();
}

/** The pause flag was set between the other recordings. */
const unpaused = (path: string): boolean => !path.endsWith('/pause');

async function runRecorded(atSec: number, argv: readonly string[], isWanted?: (path: string) => boolean) {
  await using cli = await openTestCli({ nowMs: atSec * 1000 });
  await restoreTree(cli.zk, isWanted);
  return await cli.run(...argv);
}

describe('tables, as recorded', () => {
  it.each([
    ['list', '22-list', 1_795_362_501.58],
    ['list --detail', '23-list-detail', 1_795_362_506],
    ['request-list', '24-request-list', 0],
    ['dib-image-list', '25-dib-image-list', 1_795_362_514.6],
    ['image-list', '26-image-list', 1_795_362_519.6],
    ['image-status', '27-image-status', 0],
    ['info fake-provider', '28-info', 0],
    ['info nope', '46-info-unknown', 0],
  ])('%s', async (command, recording, atSec) => {
    const { stdout, exitCode } = await runRecorded(atSec, command.split(' '), unpaused);

    expect(rowsOf(stdout)).toEqual(rowsOf(await recordedOutput(recording)));
    expect(exitCode).toBe(0);
  });

  it.each([
    ['image-status', '33-image-status-paused', 0],
    ['dib-image-list', '34-dib-image-list-paused', 1_795_362_557.6],
  ])('%s with a paused image', async (command, recording, atSec) => {
    const { stdout } = await runRecorded(atSec, [command]);

    expect(stdout).toBe(await recordedOutput(recording));
  });
});

describe('JSON, as the web server has it', () => {
  it.each([
    ['list', 'node-list', 1_795_362_621.508],
    ['request-list', 'request-list', 0],
    ['image-list', 'image-list', 0],
    ['dib-image-list', 'dib-image-list', 0],
    ['image-status', 'image-status', 0],
  ])('%s --format json', async (command, recording, atSec) => {
    const { stdout } = await runRecorded(
      atSec,
      [command, '--format', 'json'],
      (path) => unpaused(path) && !path.includes('/nodes/0000000009'),
    );

    expect(byId(JSON.parse(stdout))).toEqual(byId(await recordedBody(recording)));
  });
});

function byId(rows: unknown): unknown {
  return Array.isArray(rows) ? rows.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))) : rows;
}

describe('lists', () => {
  it('are sorted by id', async () => {
    const { stdout } = await runRecorded(0, ['list', '--format', 'json']);

    const ids = (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted());
  });

  it('hide what a port that is no number may hold', async () => {
    await using cli = await openTestCli();
    await cli.zk.ensurePath('/nodepool/nodes');
    const record = { state: 'ready', state_time: 1, type: ['pod'], connection_port: { token: 'hidden' } };
    await cli.zk.create('/nodepool/nodes/0000000001', Buffer.from(JSON.stringify(record)));

    for (const format of ['table', 'json', 'yaml']) {
      const { stdout } = await cli.run('list', '--detail', '--format', format);

      expect(stdout).not.toContain('hidden');
      expect(stdout).toContain('redacted');
    }
  });

  it.each([
    ['list', '/nodepool/nodes/0000000001'],
    ['request-list', '/nodepool/requests/100-0000000001'],
    ['info cloud-a', '/nodepool/nodes/0000000001'],
    ['dib-image-list', '/nodepool/images/debian/builds/00000000000000000000000000000001'],
    ['image-list', '/nodepool/images/debian/builds/0000000001/providers/cloud-a/images/0000000001'],
  ])('%s names a znode that holds no record, and goes on', async (command, path) => {
    await using cli = await openTestCli();
    for (const data of ['{', '{"state": "dreaming", "state_time": 1}', 'x'.repeat(100_000)]) {
      await cli.zk.deleteRecursive(path);
      await cli.zk.ensurePath(path);
      await cli.zk.set(path, Buffer.from(data));

      const { exitCode, stderr } = await cli.run(...command.split(' '));

      expect(stderr).toContain(`unreadable: ${path}: `);
      expect(exitCode).toBe(0);
    }
  });
});

describe('info as data', () => {
  it('has builds with their uploads, and nodes', async () => {
    const { stdout } = await runRecorded(0, ['info', 'fake-provider', '--format', 'json'], unpaused);

    const { provider, images, nodes } = JSON.parse(stdout);
    const table = await recordedOutput('28-info');
    expect(provider).toBe('fake-provider');
    expect(images.length).toBeGreaterThan(0);
    expect(nodes.length).toBeGreaterThan(0);
    for (const { image, build_id, upload_ids } of images) {
      expect(table).toMatch(new RegExp(`\\| ${image} +\\| ${build_id} +\\| ${upload_ids.join(',')} +\\|`));
    }
    for (const { id, server_id } of nodes) expect(table).toMatch(new RegExp(`\\| ${id} +\\| ${server_id} +\\|`));
  });
});
