import { recordedExchange, restoreTree } from '@nodepool/listings/testing';
import type { PoolComponent } from '@nodepool/model';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { classicEndpoints } from './plugin.js';

async function openServer({ nowMs, isReady = true }: { readonly nowMs?: number; readonly isReady?: boolean } = {}) {
  const clock = new FakeClock(nowMs);
  const { store, zk } = openMemoryStore({ clock, random: seededRandom(1) });
  // When the web server was asked, this node was gone and no image was paused.
  await restoreTree(zk, (path) => !/\/nodes\/0000000009|\/pause$/.test(path));
  for (const name of ['fake-provider', 'fake-provider2']) await store.components.register(aPool(name));
  const caches = await store.openCaches({ resourcesOf: () => ({}) });
  const server = fastify();
  await server.register(classicEndpoints, {
    caches,
    images: store.images,
    now: () => clock.now(),
    isReady: () => isReady,
  });
  return { server, clock, store, zk };
}

function aPool(providerName: string): PoolComponent {
  return {
    kind: 'pool',
    hostname: 'nl01',
    state: 'running',
    version: null,
    modelApi: 0,
    id: `nl01-PoolWorker.${providerName}-main-${'0'.repeat(32)}`,
    name: 'main',
    providerName,
    supportedLabels: ['small-fake', 'cloud-fake', 'big-fake'],
    priority: 100,
    paused: false,
  };
}

/** Headers that say what the answer is; the others differ with the server. */
const told = ['content-type', 'access-control-allow-origin', 'cache-control', 'last-modified', 'expires'];

async function replay(name: string) {
  const recorded = await recordedExchange(name);
  // Ages are cut to seconds: their ends tell at which part of its second each exchange took place.
  const partMs = { 'node-list.json': 508, 'node-list.fields.json': 520 }[name] ?? 503;
  const { server } = await openServer({ nowMs: Date.parse(recorded.headers['date'] ?? '') + partMs });
  const { method, path: url, requestHeaders: headers } = recorded;
  const reply = await server.inject({ method: method as 'GET', url, headers });
  return { recorded, reply };
}

describe('the endpoints of the original', () => {
  const listNames = ['node-list', 'image-list', 'dib-image-list', 'image-status'];

  it.each([
    ...listNames.flatMap((list) => [`${list}.plain`, `${list}.browser`]),
    'node-list.fields.plain',
    'node-list.bad-fields.plain',
    'HEAD-ready',
    'ready.plain',
    'ready.browser',
    'ready.json',
  ])('answer byte for byte as recorded: %s', async (name) => {
    const { recorded, reply } = await replay(name);

    expect(reply.statusCode).toBe(recorded.status);
    expect(reply.body).toBe(recorded.body);
    for (const header of told) expect(reply.headers[header], header).toBe(recorded.headers[header]);
  });

  it.each([...listNames.map((list) => `${list}.json`), 'node-list.fields.json', 'node-list.bad-node_id.json'])(
    'answer with the recorded data: %s',
    async (name) => {
      const { recorded, reply } = await replay(name);

      expect(reply.statusCode).toBe(recorded.status);
      expect(reply.json()).toEqual(JSON.parse(recorded.body));
      for (const header of told) expect(reply.headers[header], header).toBe(recorded.headers[header]);
    },
  );

  it('list requests by id, where the original has no order', async () => {
    const { recorded, reply } = await replay('request-list.plain');

    expect(reply.body.split('\n').toSorted()).toEqual(recorded.body.split('\n').toSorted());
  });

  it('list the labels of all registered pools', async () => {
    const { recorded, reply } = await replay('label-list.json');

    const labels = reply.json<{ label: string }[]>().map(({ label }) => label);
    expect(labels).toEqual(
      JSON.parse(recorded.body)
        .map(({ label }: { label: string }) => label)
        .toSorted(),
    );
  });

  it('answer a POST as a GET, whatever its body', async () => {
    const { recorded, reply } = await replay('POST-node-list');
    expect(reply.statusCode).toBe(recorded.status);

    const { server } = await openServer();
    const odd = await server.inject({
      method: 'POST',
      url: '/ready',
      payload: '{',
      headers: { 'content-type': 'a/b' },
    });
    expect(odd.body).toBe('OK');
  });

  it.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)('answer a %s as a GET', async (method) => {
    const { server } = await openServer();
    const headers = { accept: 'application/json' };

    const read = await server.inject({ url: '/node-list', headers });
    const reply = await server.inject({ method, url: '/node-list', headers });

    expect(reply.statusCode).toBe(200);
    expect(reply.body).toBe(method === 'HEAD' ? '' : read.body);
    for (const header of [...told, 'content-length']) expect(reply.headers[header], header).toBe(read.headers[header]);
  });

  it('have every key in every row of JSON, whatever columns are asked for', async () => {
    const { server } = await openServer();
    const headers = { accept: 'application/json' };

    for (const [path, columns] of [
      ['/node-list', 21],
      ['/request-list', 8],
      ['/image-list', 8],
      ['/dib-image-list', 6],
      ['/image-status', 4],
      ['/label-list', 1],
    ] as const) {
      const rows = (await server.inject({ url: `${path}?fields=id`, headers })).json<Record<string, unknown>[]>();
      expect(rows.map((row) => [path, Object.keys(row).length])).toEqual(rows.map(() => [path, columns]));
      expect(rows.length, path).toBeGreaterThan(0);
    }
  });

  it('say of one node whether it is locked, as the list does', async () => {
    const { reply } = await replay('node-list.node_id.json');

    expect(reply.json()).toMatchObject([{ id: '0000000004', locked: 'locked' }]);
  });

  it('show builds of a paused image as paused', async () => {
    const { server, store } = await openServer();
    await store.images.setPaused('fake-image', true);

    const { body } = await server.inject({ url: '/dib-image-list', headers: { accept: 'application/json' } });

    expect(JSON.parse(body)).toMatchObject([{ state: 'paused' }, { state: 'ready' }]);
  });

  it('answer 304 to who has seen the answer of this second', async () => {
    const { recorded, reply } = await replay('if-modified');

    expect(reply.statusCode).toBe(recorded.status);
    expect(reply.body).toBe('');
    expect(reply.headers['last-modified']).toBe(recorded.headers['last-modified']);
  });

  it.each([
    ['an earlier second', -1_000, 200],
    ['the same second', 0, 304],
    ['a later second', 60_000, 304],
  ])('compare by whole seconds: %s', async (_when, aheadMs, status) => {
    const { server, clock } = await openServer({ nowMs: 1_800_000_000_700 });
    const since = new Date(clock.now() + aheadMs).toUTCString();

    const reply = await server.inject({ url: '/image-list', headers: { 'if-modified-since': since } });

    expect(reply.statusCode).toBe(status);
  });

  it('send the whole answer to whoever names no date, or changes something', async () => {
    const { server, clock } = await openServer();
    const date = { 'if-modified-since': new Date(clock.now() + 60_000).toUTCString() };

    expect((await server.inject({ url: '/image-list', headers: { 'if-modified-since': 'soon' } })).statusCode).toBe(
      200,
    );
    expect((await server.inject({ method: 'POST', url: '/image-list', headers: date })).statusCode).toBe(200);
  });

  it('refuse a form that they do not have', async () => {
    const { reply } = await replay('accept-xml');

    expect(reply.statusCode).toBe(406);
  });

  it('are not ready before the first pass', async () => {
    const { server } = await openServer({ isReady: false });

    expect((await server.inject('/ready')).statusCode).toBe(503);
  });

  it('hold an answer for a second, and no longer', async () => {
    const { server, store, clock } = await openServer();
    const list = async (): Promise<string> => (await server.inject('/image-status')).body;
    const before = await list();
    await store.images.setPaused('fake-image', true);

    expect(await list()).toBe(before);
    await clock.advance(1_000);
    expect(await list()).not.toBe(before);
  });
});
