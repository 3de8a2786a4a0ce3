import { LeaseKeeper, LeaseService } from '@nodepool/leases';
import { runReconciler, silentLogger } from '@nodepool/runtime';
import { seededRandom, settle } from '@nodepool/runtime/testing';
import { newNode } from '@nodepool/store/testing';
import { describe, expect, it } from 'vitest';
import { aPool, as, openTestWeb, type TestWeb } from '../../testing/test-web.js';
import type { ApiPlugin } from '../open-api.js';
import { leaseApi } from './lease-api.js';

interface LeaseWeb extends TestWeb {
  fulfil(requestId: string): Promise<void>;
}

/** The server with leases, a pool of label `small`, and a keeper beside it. */
async function openLeaseWeb(limits: ReturnType<Parameters<typeof leaseApi>[1]> = {}): Promise<LeaseWeb> {
  let plugin: ApiPlugin | undefined;
  const web = await openTestWeb({
    plugins: [(server, add) => plugin?.(server, add)],
    beforeOpening: async (parts) => {
      const leases = await parts.store.leases.watch();
      const common = { ...parts, leases, log: silentLogger };
      const keeper = new LeaseKeeper({ ...common, delayMs: () => 0, online: () => true });
      keeper.follow();
      void runReconciler(keeper, { ...common, wakeup: keeper.wakeup }, new AbortController().signal);
      const service = new LeaseService({ ...common, random: seededRandom(3), maxHoldAgeSec: () => 0 });
      plugin = leaseApi(service, () => limits);
    },
  });
  await web.store.components.register(aPool());
  await settle();
  const fulfil = async (requestId: string): Promise<void> => {
    const seen = await web.store.requests.get(requestId);
    const held = seen && (await web.store.requests.accept(seen));
    if (held === undefined) throw new Error('the request cannot be accepted');
    const node = await web.store.nodes.create(newNode({ allocatedTo: requestId }));
    await node.update({ state: 'ready', hostKeys: ['ssh-ed25519 AAAA'], connectionPort: 22 });
    await web.store.requests.fulfil(held, [node]);
    await settle();
  };
  return Object.assign(web, { fulfil });
}

const post = (web: TestWeb, payload: object, headers: Record<string, string> = {}) =>
  web.server.inject({ method: 'POST', url: '/api/v1/leases', headers: { ...as('lease'), ...headers }, payload });

describe('POST /leases', () => {
  it('answers when the machines are ready, and says how to reach them', async () => {
    await using web = await openLeaseWeb();

    const asking = post(web, { labels: ['small'], ttl: 60, wait: 30 });
    await settle();
    const [request] = (await web.store.requests.list()).requests;
    await web.fulfil(request?.record.id ?? '');
    const reply = await asking;

    expect(reply.statusCode).toBe(201);
    const lease = reply.json();
    expect(reply.headers.location).toBe(`/api/v1/leases/${lease.id}`);
    expect(lease).toMatchObject({
      state: 'active',
      owner: 'lease',
      labels: ['small'],
      machines: [{ label: 'small', connection_port: 22, host_keys: ['ssh-ed25519 AAAA'] }],
    });
  });

  it('answers when the wait is over, with the lease as it is', async () => {
    await using web = await openLeaseWeb();

    const asking = post(web, { labels: ['small'], ttl: 60, wait: 5 });
    await web.clock.advance(5_000);
    const reply = await asking;

    expect(reply.json()).toMatchObject({ state: 'waiting', machines: [] });
  });

  it('keeps a lease alive as long as its owner waits', async () => {
    await using web = await openLeaseWeb();

    const asking = post(web, { labels: ['small'], ttl: 60, wait: 600 });
    await web.clock.advance(600_000);
    const reply = await asking;

    expect(reply.json()).toMatchObject({ state: 'waiting' });
  });

  it('makes one lease of five calls with one key', async () => {
    await using web = await openLeaseWeb();
    const call = () => post(web, { labels: ['small'], wait: 0 }, { 'idempotency-key': 'job-1' });

    const asking = Promise.all([call(), call(), call(), call(), call()]);
    await web.clock.advance(1_000);
    const replies = await asking;

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(replies.map((reply) => reply.json().id)).size).toBe(1);
    expect((await web.store.requests.list()).requests).toHaveLength(1);
  });

  it.each([
    ['a key that was used for other machines', { labels: ['small', 'small'], wait: 0 }, 422, 'NP_LEASE_KEY'],
    ['a label that nobody offers', { labels: ['huge'], wait: 0 }, 422, 'NP_LEASE_LABEL'],
  ])('refuses %s', async (_what, payload, status, code) => {
    await using web = await openLeaseWeb();
    const key = { 'idempotency-key': 'job-1' };
    if (code === 'NP_LEASE_KEY') {
      const first = post(web, { labels: ['small'], wait: 0 }, key);
      await web.clock.advance(1_000);
      await first;
    }

    const reply = await post(web, payload, key);

    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toMatchObject({ code });
    expect(reply.headers['content-type']).toContain('application/problem+json');
  });

  it.each([
    ['leases', { maxLeases: 1 }],
    ['machines', { maxMachines: 1 }],
  ])('refuses more %s than the token may have, also when they come at once', async (_what, limits) => {
    await using web = await openLeaseWeb(limits);

    const asking = Promise.all([1, 2, 3].map(() => post(web, { labels: ['small'], wait: 0 })));
    await web.clock.advance(1_000);
    const statuses = (await asking).map(({ statusCode }) => statusCode);

    expect(statuses.toSorted()).toEqual([201, 409, 409]);
  });

  it.each([
    [
      'text/event-stream',
      /^event: progress\ndata: .*\n\n(event: progress\ndata: .*\n\n)*event: lease\ndata: (?<last>.*)\n\n$/,
    ],
    ['application/x-ndjson', /^({"type":"progress".*\n)+(?<last>.*)\n$/],
  ])('streams progress as %s', async (accept, shape) => {
    await using web = await openLeaseWeb();

    const asking = post(web, { labels: ['small'], ttl: 60, wait: 30 }, { accept });
    await settle();
    const [request] = (await web.store.requests.list()).requests;
    await web.fulfil(request?.record.id ?? '');
    const reply = await asking;

    expect(reply.headers['content-type']).toContain(accept);
    const last = shape.exec(reply.body)?.groups?.['last'] ?? '{}';
    expect(JSON.parse(last)).toMatchObject({
      type: 'lease',
      lease: { state: 'active', machines: [{ label: 'small' }] },
    });
  });
});

describe('a lease', () => {
  const call = (
    web: TestWeb,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    scope: Parameters<typeof as>[0] = 'lease',
  ) => web.server.inject({ method, url: `/api/v1/leases${path}`, headers: as(scope) });

  async function made(web: TestWeb): Promise<string> {
    const asking = post(web, { labels: ['small'], wait: 0 });
    await web.clock.advance(0);
    return (await asking).json().id;
  }

  it('is seen, extended and given back by its owner', async () => {
    await using web = await openLeaseWeb();
    const id = await made(web);
    await web.clock.advance(100_000);

    const extended = await call(web, 'POST', `/${id}/heartbeat`);
    const given = await call(web, 'DELETE', `/${id}`);
    await settle();
    const late = await call(web, 'POST', `/${id}/heartbeat`);

    expect(extended.json().expires_time).toBe(web.clock.now() / 1000 + 300);
    expect(given.statusCode).toBe(204);
    expect((await call(web, 'GET', `/${id}`)).json()).toMatchObject({ state: 'released', expires_time: null });
    expect([late.statusCode, late.json().code]).toEqual([409, 'NP_LEASE_OVER']);
  });

  it('is hidden from other tokens, except from an admin', async () => {
    await using web = await openLeaseWeb();
    const id = await made(web);

    const strangers = await Promise.all([
      call(web, 'GET', `/${id}`, 'operate'),
      call(web, 'POST', `/${id}/heartbeat`, 'operate'),
      call(web, 'DELETE', `/${id}`, 'operate'),
    ]);

    expect(strangers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
    expect((await call(web, 'GET', '', 'operate')).json()).toMatchObject({ items: [] });
    expect((await call(web, 'GET', '', 'admin')).json()).toMatchObject({ items: [{ id }] });
    expect((await call(web, 'DELETE', `/${id}`, 'admin')).statusCode).toBe(204);
  });

  it('needs the scope', async () => {
    await using web = await openLeaseWeb();

    expect((await call(web, 'GET', '', 'read')).statusCode).toBe(403);
    expect((await web.server.inject({ url: '/api/v1/leases' })).statusCode).toBe(401);
  });
});
