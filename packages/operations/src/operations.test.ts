import { aConfig, aDiskimage } from '@nodepool/config/testing';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import { newNode, newRequest } from '@nodepool/store/testing';
import { describe, expect, it } from 'vitest';
import {
  cancelRequest,
  deleteBuild,
  deleteNode,
  holdNode,
  type OperatorContext,
  pauseImage,
  requestBuild,
  resumeImage,
} from './index.js';

function anOperator() {
  const clock = new FakeClock();
  const random = seededRandom(1);
  const { store } = openMemoryStore({ clock, random });
  const warnings: string[] = [];
  const context: OperatorContext = {
    store,
    clock,
    random,
    operator: 'ada@web',
    signal: new AbortController().signal,
    warn: (text) => warnings.push(text),
  };
  return { context, store, clock, warnings };
}

describe('an operator', () => {
  it('holds a node, for a time and with a reason', async () => {
    const { context, store } = anOperator();
    const held = await store.nodes.create(newNode());
    await held.updateAndRelease({ state: 'in-use' });

    const node = await holdNode(context, held.id, { comment: 'flaky', expiresAfterSec: 60 });

    expect(node).toMatchObject({ state: 'hold', comment: 'flaky', holdExpirationSec: 60 });
    expect(await store.nodes.isLocked(held.id)).toBe(false);
  });

  it('is told when the node to delete was being launched', async () => {
    const { context, store, warnings } = anOperator();
    const held = await store.nodes.create(newNode());
    await held.release();

    const node = await deleteNode(context, held.id);

    expect(node.state).toBe('deleting');
    expect(warnings).toEqual([`node ${held.id} was building: its launch had not ended`]);
  });

  it('leaves a node alone that another process keeps locked', async () => {
    const { context, store, clock } = anOperator();
    const held = await store.nodes.create(newNode());

    const refused = expect(deleteNode(context, held.id)).rejects.toMatchObject({ code: 'NP_LOCKED' });
    await clock.advance(5_000);

    await refused;
    expect((await store.nodes.get(held.id))?.record.state).toBe('building');
  });

  it('cannot cancel a request twice', async () => {
    const { context, store } = anOperator();
    const { record } = await store.requests.create(newRequest(), { priority: '100', ephemeral: false });

    await cancelRequest(context, record.id);

    await expect(cancelRequest(context, record.id)).rejects.toMatchObject({ code: 'NP_REQUEST_UNKNOWN' });
  });

  it('asks for builds of images that are built', async () => {
    const { context, store } = anOperator();
    const config = aConfig({ diskimages: [aDiskimage(), aDiskimage({ name: 'old', pause: true })] });

    await requestBuild(context, config, 'debian');

    expect(await store.images.buildRequestState('debian')).toBe('pending');
    for (const image of ['old', 'none']) {
      await expect(requestBuild(context, config, image)).rejects.toMatchObject({ code: 'NP_IMAGE_NOT_BUILDABLE' });
    }
    expect(await store.imageHistory.list('debian')).toMatchObject([{ kind: 'build-requested', by: 'ada@web' }]);
  });

  it('pauses an image and resumes it', async () => {
    const { context, store } = anOperator();
    await store.images.requestBuild('debian');

    await pauseImage(context, 'debian');
    const paused = await store.images.isPaused('debian');
    await resumeImage(context, 'debian');

    expect(paused).toBe(true);
    expect(await store.images.isPaused('debian')).toBe(false);
    await expect(pauseImage(context, 'none')).rejects.toMatchObject({ code: 'NP_IMAGE_UNKNOWN' });
  });

  it('cannot delete a build that is under way', async () => {
    const { context, store } = anOperator();
    const lock = await store.images.lockImage('debian');
    if (lock === undefined) throw new Error('the image is locked');
    const id = '0'.repeat(32);
    const build = { id, image: 'debian', state: 'building' as const, builder: null, builderId: null, formats: [] };
    await store.images.createBuild({ ...build, username: null, pythonPath: null, shellType: null }, lock);

    await expect(deleteBuild(context, `debian-${id}`)).rejects.toMatchObject({ code: 'NP_IN_PROGRESS' });
    await expect(deleteBuild(context, 'debian')).rejects.toMatchObject({ code: 'NP_BUILD_UNKNOWN' });
  });
});
