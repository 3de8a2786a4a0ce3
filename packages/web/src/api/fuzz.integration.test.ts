import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LeaseService } from '@nodepool/leases';
import { silentLogger } from '@nodepool/runtime';
import { seededRandom, settle } from '@nodepool/runtime/testing';
import { newNode, newRequest } from '@nodepool/store/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyCall, type RandomCall } from '../testing/open-api-requests.js';
import { openTestWeb, type TestWeb, tokens } from '../testing/test-web.js';
import { leaseApi } from './leases/lease-api.js';
import type { ApiPlugin } from './open-api.js';
import { openApiDocument } from './openapi/document.js';
import { routes } from './routes/index.js';

const calls = 10_000;
/** Ten thousand calls take ten seconds, on a machine that has nothing else to do. */
const patienceMs = 600_000;
const plenty = { burst: 1e9, perSecond: 1e9 };
const document = openApiDocument('test');
const byId = new Map(routes.map((route) => [route.id, route]));

async function fill({ store }: TestWeb): Promise<readonly string[]> {
  const ids = ['debian', 'small', 'none'];
  for (let number = 0; number < 20; number += 1) {
    const node = await store.nodes.create(newNode());
    await node.updateAndRelease({ state: 'ready' });
    const { record } = await store.requests.create(newRequest(), { priority: '100', ephemeral: false });
    ids.push(node.id, record.id);
  }
  await settle();
  return ids;
}

async function everyRecord(zk: TestWeb['zk'], path = '/'): Promise<string> {
  const children = [...(await zk.children(path)).children].sort();
  const below: string[] = [];
  for (const name of children) {
    const child = `${path === '/' ? '' : path}/${name}`;
    const { data, stat } = await zk.get(child);
    below.push(`${child} ${stat.version} ${Buffer.from(data).toString()}\n${await everyRecord(zk, child)}`);
  }
  return below.join('');
}

/** Bytes that are in use when all that can be freed was freed. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

async function send(web: TestWeb, { method, url, headers, payload }: RandomCall) {
  const body = payload === undefined ? {} : { payload };
  return await web.server.inject({ method: method as 'GET', url, headers, ...body });
}

it('survives any call, and answers as its document says', { timeout: patienceMs }, async () => {
  const leases: ApiPlugin[] = [];
  await using web = await openTestWeb({
    plugins: [(server, add) => leases[0]?.(server, add)],
    beforeOpening: async (parts) => {
      const common = { ...parts, random: seededRandom(3), log: silentLogger, maxHoldAgeSec: () => 0 };
      const service = new LeaseService({ ...common, leases: await parts.store.leases.watch() });
      leases.push(leaseApi(service, () => ({})));
    },
    allowances: { reads: plenty, changes: plenty, failures: plenty },
    // The recorder of other tests would keep a line for each change.
    log: silentLogger,
    explain: async () => ({ summary: 'so it is', reasons: [], remedies: [] }),
    metrics: { text: async () => 'none 0\n', contentType: 'text/plain' },
  });
  const known = await fill(web);
  const credentials = [undefined, 'Bearer nonsense', ...Object.values(tokens).map((token) => `Bearer ${token}`)];
  const statuses = new Map<number, number>();
  let memoryAtHalf = 0;
  let done = 0;

  await fc.assert(
    fc.asyncProperty(anyCall(document, known, credentials), async (call) => {
      const reply = await send(web, call);
      statuses.set(reply.statusCode, (statuses.get(reply.statusCode) ?? 0) + 1);
      done += 1;
      if (done === calls / 2) memoryAtHalf = heapInUse();
      expect(reply.statusCode, `${call.method} ${call.url}`).toBeLessThan(500);
      if (reply.statusCode >= 400) expect(reply.json()).toMatchObject({ status: reply.statusCode });
      const schema = byId.get(call.operation)?.answer.schema;
      if (reply.statusCode === 200 && call.method === 'GET') schema?.parse(reply.json());
    }),
    { numRuns: calls, seed: 7, endOnFailure: true },
  );

  for (const status of [200, 400, 401, 403, 404]) {
    expect(statuses.get(status) ?? 0, `answers ${status}`).toBeGreaterThan(0);
  }
  expect(heapInUse() - memoryAtHalf).toBeLessThan(16 * 1024 * 1024);
});

it('changes nothing for who has no token that allows it', { timeout: patienceMs }, async () => {
  await using web = await openTestWeb({ allowances: { reads: plenty, changes: plenty, failures: plenty } });
  const known = await fill(web);
  const before = await everyRecord(web.zk);

  const credentials = [undefined, 'Bearer nonsense', `Bearer ${tokens.read}`, `Bearer ${tokens.lease}`];
  await fc.assert(
    fc.asyncProperty(anyCall(document, known, credentials), async (call) => void (await send(web, call))),
    { numRuns: 2_000, seed: 11 },
  );

  expect(await everyRecord(web.zk)).toBe(before);
});
