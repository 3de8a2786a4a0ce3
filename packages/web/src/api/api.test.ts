import { aNode } from '@nodepool/model/testing';
import { settle } from '@nodepool/runtime/testing';
import type { Store } from '@nodepool/store';
import { newNode, newRequest } from '@nodepool/store/testing';
import { describe, expect, it } from 'vitest';
import { aPool, as, aWebapp, openTestWeb } from '../testing/test-web.js';
import * as schemas from './schemas/index.js';

async function readyNode(store: Store, change: Parameters<Store['nodes']['create']>[0] = newNode()): Promise<string> {
  const held = await store.nodes.create(change);
  await held.updateAndRelease({ state: 'ready' });
  return held.id;
}

describe('reads', () => {
  it('show nodes without the secrets that they carry', async () => {
    await using web = await openTestWeb();
    const { id: _, state: __, stateTimeSec: ___, createdTimeSec: ____, ...node } = aNode();
    const secrets = {
      connectionPort: { token: 'cluster-secret' },
      driverData: 'driver-secret',
      userData: 'user-secret',
    };
    const id = await readyNode(web.store, { ...node, ...secrets });
    await settle();

    const reply = await web.server.inject(`/api/v1/nodes/${id}`);

    expect(schemas.Node.parse(reply.json())).toMatchObject({ id, state: 'ready', connection_port: null });
    expect(reply.body).not.toContain('secret');
  });

  it('come in pages that miss nothing and repeat nothing', async () => {
    await using web = await openTestWeb();
    const ids: string[] = [];
    for (let number = 0; number < 7; number += 1) ids.push(await readyNode(web.store));
    await settle();

    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const page = schemas.NodePage.parse((await web.server.inject(`/api/v1/nodes?limit=3${cursor}`)).json());
      expect(page.total).toBe(7);
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    }

    expect(seen).toEqual(ids);
  });

  it('filter', async () => {
    await using web = await openTestWeb();
    const ready = await readyNode(web.store);
    const building = await web.store.nodes.create(newNode());
    await settle();

    const idsOf = async (query: string): Promise<readonly string[]> =>
      schemas.NodePage.parse((await web.server.inject(`/api/v1/nodes?${query}`)).json()).items.map(({ id }) => id);

    expect(await idsOf('state=ready')).toEqual([ready]);
    expect(await idsOf('state=building')).toEqual([building.id]);
    expect(await idsOf('label=none')).toEqual([]);
  });

  it('are not repeated to who has the answer', async () => {
    await using web = await openTestWeb();
    const id = await readyNode(web.store);
    await settle();
    const first = await web.server.inject('/api/v1/nodes');
    const headers = { 'if-none-match': String(first.headers['etag']) };

    const again = await web.server.inject({ url: '/api/v1/nodes', headers });
    await web.store.nodes.removeUnlocked(id);
    await settle();
    const changed = await web.server.inject({ url: '/api/v1/nodes', headers });

    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect([changed.statusCode, changed.json<{ total: number }>().total]).toEqual([200, 0]);
  });

  it('show what there is room for', async () => {
    await using web = await openTestWeb();
    await web.store.components.register(aPool());
    await readyNode(web.store);
    await settle();
    const body = async (path: string): Promise<unknown> => (await web.server.inject(`/api/v1${path}`)).json();

    expect(schemas.PoolPage.parse(await body('/pools')).items).toMatchObject([{ provider: 'cloud-a', name: 'main' }]);
    expect(schemas.LabelPage.parse(await body('/labels')).items).toMatchObject([
      { name: 'small', min_ready: 1, pools: ['cloud-a/main'] },
    ]);
    expect(schemas.ComponentPage.parse(await body('/components')).items).toHaveLength(1);
    expect(schemas.Overview.parse(await body('/overview')).now.nodes).toEqual({ ready: 1 });
    expect(schemas.ImagePage.parse(await body('/images')).items).toMatchObject([{ name: 'debian', builds: [] }]);
  });

  it('keep an hour of history', async () => {
    await using web = await openTestWeb();
    await readyNode(web.store);

    await web.clock.advance(4_000_000);

    const { history } = schemas.Overview.parse((await web.server.inject('/api/v1/overview')).json());
    expect(history.points).toHaveLength(360);
    expect(history.points.at(-1)).toMatchObject({ nodes: { ready: 1 }, launched: 0, oldest_wait: null });
  });

  it('need a token where the configuration says so', async () => {
    await using web = await openTestWeb({ webapp: aWebapp({ readAccess: 'token' }) });

    const statuses = await Promise.all(
      [{}, as('read'), as('lease'), { authorization: 'Bearer npt_wrong' }].map(
        async (headers) => (await web.server.inject({ url: '/api/v1/nodes', headers })).statusCode,
      ),
    );

    expect(statuses).toEqual([401, 200, 200, 401]);
  });

  it.each([
    ['/nothing', 404, 'NP_WEB_NOT_FOUND'],
    ['/nodes/0000000099', 404, 'NP_WEB_NOT_FOUND'],
    ['/nodes?limit=0', 400, 'NP_WEB_INPUT'],
    ['/nodes?cursor=$$', 400, 'NP_WEB_INPUT'],
    ['/nodes?nonsense=1', 400, 'NP_WEB_INPUT'],
    ['/nodes/..%2Frequests', 400, 'NP_WEB_INPUT'],
    ['/nodes/%00', 400, 'NP_WEB_INPUT'],
    ['/nodes/%zz', 400, 'NP_WEB_INPUT'],
  ])('refuse %s as a problem with a code', async (path, status, code) => {
    await using web = await openTestWeb();

    const reply = await web.server.inject(`/api/v1${path}`);

    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(schemas.Problem.parse(reply.json())).toMatchObject({ status, code });
    expect(reply.statusCode).toBe(status);
  });

  it('name the methods that a path takes', async () => {
    await using web = await openTestWeb();

    const reply = await web.server.inject({ method: 'PUT', url: '/api/v1/nodes/1' });

    expect([reply.statusCode, reply.headers['allow']]).toEqual([405, 'HEAD, GET, DELETE']);
  });
});

describe('changes', () => {
  it('hold a node, and are written into the audit log without the token', async () => {
    await using web = await openTestWeb();
    const id = await readyNode(web.store);
    await settle();

    const payload = { comment: 'flaky', expires_after: 60 };
    const reply = await web.server.inject({
      method: 'POST',
      url: `/api/v1/nodes/${id}/hold`,
      headers: as('operate'),
      payload,
    });

    expect(schemas.Node.parse(reply.json())).toMatchObject({ state: 'hold', comment: 'flaky', hold_expiration: 60 });
    expect((await web.store.nodes.get(id))?.record.state).toBe('hold');
    expect(web.log.lines).toContainEqual({
      level: 'info',
      message: 'accepted change',
      fields: { token: 'operate', remote: '127.0.0.1', action: 'holdNode', target: id, status: 200, code: null },
    });
    expect(JSON.stringify(web.log.lines)).not.toContain('npt_');
  });

  it.each([
    ['no token', {}, 401, 'NP_WEB_UNAUTHENTICATED'],
    ['a wrong token', { authorization: 'Bearer npt_wrong' }, 401, 'NP_WEB_UNAUTHENTICATED'],
    ['another kind of credentials', { authorization: 'Basic bnB0X2FkbWlu' }, 401, 'NP_WEB_UNAUTHENTICATED'],
    ['a token without the scope', as('read'), 403, 'NP_WEB_FORBIDDEN'],
    ['a page of another site', { ...as('admin'), origin: 'https://evil.example' }, 403, 'NP_WEB_CROSS_SITE'],
    ['a browser that says so', { ...as('admin'), 'sec-fetch-site': 'cross-site' }, 403, 'NP_WEB_CROSS_SITE'],
  ])('are refused with %s, and change nothing', async (_with, headers, status, code) => {
    await using web = await openTestWeb();
    const id = await readyNode(web.store);
    await settle();

    const reply = await web.server.inject({ method: 'DELETE', url: `/api/v1/nodes/${id}`, headers });

    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toMatchObject({ code });
    expect((await web.store.nodes.get(id))?.record.state).toBe('ready');
    expect(web.log.lines).toContainEqual(expect.objectContaining({ message: 'refused change' }));
  });

  it('cancel a request, pause and build an image', async () => {
    await using web = await openTestWeb();
    const { record } = await web.store.requests.create(newRequest(), { priority: '100', ephemeral: false });
    await settle();
    const call = async (method: 'POST' | 'DELETE', path: string): Promise<number> =>
      (await web.server.inject({ method, url: `/api/v1${path}`, headers: as('operate') })).statusCode;

    expect(await call('DELETE', `/requests/${record.id}`)).toBe(204);
    expect(await call('POST', '/images/debian/build')).toBe(202);
    expect(await call('POST', '/images/debian/pause')).toBe(204);
    expect(await call('POST', '/images/debian/rollback')).toBe(409);
    expect(await call('POST', '/images/none/build')).toBe(404);
    expect(await web.store.requests.get(record.id)).toBeUndefined();
    expect(await web.store.images.isPaused('debian')).toBe(true);
    const { items } = schemas.ImageEventPage.parse((await web.server.inject('/api/v1/images/debian/history')).json());
    expect(items).toMatchObject([
      { kind: 'paused', by: 'operate@web' },
      { kind: 'build-requested', by: 'operate@web' },
    ]);
  });

  it('are limited in their rate, for each token', async () => {
    const slow = { burst: 2, perSecond: 1 };
    await using web = await openTestWeb({ allowances: { reads: slow, changes: slow, failures: slow } });
    const call = async () =>
      await web.server.inject({ method: 'POST', url: '/api/v1/images/debian/build', headers: as('operate') });

    const statuses = [await call(), await call(), await call()].map(({ statusCode }) => statusCode);
    await web.clock.advance(1_000);

    expect(statuses).toEqual([202, 202, 429]);
    expect((await call()).statusCode).toBe(202);
  });

  it('are not taken from who has guessed too often', async () => {
    const slow = { burst: 2, perSecond: 1 };
    await using web = await openTestWeb({ allowances: { reads: slow, changes: slow, failures: slow } });
    const call = async (token: string) =>
      await web.server.inject({
        method: 'POST',
        url: '/api/v1/images/debian/build',
        headers: { authorization: `Bearer ${token}` },
      });

    const statuses = [await call('a'), await call('b'), await call('npt_operate')].map(({ statusCode }) => statusCode);

    expect(statuses).toEqual([401, 401, 429]);
  });

  it('take JSON alone', async () => {
    await using web = await openTestWeb();
    const id = await readyNode(web.store);
    await settle();
    const hold = async (type: string, payload: string): Promise<number> =>
      (
        await web.server.inject({
          method: 'POST',
          url: `/api/v1/nodes/${id}/hold`,
          headers: { ...as('operate'), 'content-type': type },
          payload,
        })
      ).statusCode;

    expect(await hold('text/plain', 'comment=x')).toBe(415);
    expect(await hold('application/json', '{')).toBe(400);
    expect(await hold('application/json', '{"__proto__": {"comment": "x"}}')).toBe(400);
    expect(await hold('application/json', '{"state": "used"}')).toBe(400);
    expect(await hold('application/json', JSON.stringify({ comment: 'x'.repeat(300_000) }))).toBe(413);
  });
});
