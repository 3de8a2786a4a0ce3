import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { CallContext } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { openCloudSession } from './cloud-session.js';
import type { Reply } from './testing/loopback-server.js';
import { password, startRecordedCloud, writeClouds } from './testing/recorded-cloud.js';
import type { CloudSession } from './types.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const ok: Reply = { status: 200, body: { servers: [] } };
const servers = { method: 'GET', path: '/servers' } as const;

/** A session that reads clouds.yaml as it is now. */
function reopen(directory: string, clock: FakeClock): CloudSession {
  const deps = { clock, random: seededRandom(1), log: silentLogger };
  return openCloudSession({ cloud: 'recorded', regionName: undefined }, deps, {
    env: {},
    cwd: directory,
    home: directory,
  });
}

describe('a session signs in', () => {
  it('once for all requests in flight, and sends the token', async () => {
    await using cloud = await startRecordedCloud({ reply: () => ok });

    await Promise.all([1, 2, 3].map(() => cloud.session.request('compute', servers, ctx)));

    expect(cloud.signIns()).toBe(1);
    expect(cloud.calls().map(({ headers }) => headers['x-auth-token'])).toEqual(['token-1', 'token-1', 'token-1']);
  });

  it('under its own name, as it makes every request', async () => {
    await using cloud = await startRecordedCloud({ reply: () => ok });

    await cloud.session.request('compute', servers, ctx);

    expect(cloud.server.seen.map(({ headers }) => headers['user-agent'])).toEqual(
      Array(cloud.server.seen.length).fill('nodepool'),
    );
    expect(cloud.signIns()).toBe(1);
  });

  it('anew when a service refuses the token, and makes the request again', async () => {
    await using cloud = await startRecordedCloud({
      reply: ({ headers }) => (headers['x-auth-token'] === 'token-1' ? { status: 401 } : ok),
    });

    const { body } = await cloud.session.request('compute', { ...servers, method: 'POST', body: {} }, ctx);

    expect(body).toEqual({ servers: [] });
    expect(cloud.signIns()).toBe(2);
  });

  it('once for all whose token was refused at the same time', async () => {
    await using cloud = await startRecordedCloud({
      reply: ({ headers }) => (headers['x-auth-token'] === 'token-1' ? { status: 401 } : ok),
    });

    await Promise.all([1, 2, 3, 4].map(() => cloud.session.request('compute', servers, ctx)));

    expect(cloud.signIns()).toBe(2);
  });

  it('and gives up when the new token is refused as well', async () => {
    await using cloud = await startRecordedCloud({ reply: () => ({ status: 401 }) });

    await expect(cloud.session.request('compute', servers, ctx)).rejects.toMatchObject({
      code: 'misconfigured',
      status: 401,
    });

    expect(cloud.signIns()).toBe(2);
  });

  it('before the token ends', async () => {
    const clock = new FakeClock();
    await using cloud = await startRecordedCloud({ reply: () => ok, deps: { clock }, tokenLifetime: 3600 });

    await cloud.session.request('compute', servers, ctx);
    await clock.advance(3_479_000);
    await cloud.session.request('compute', servers, ctx);
    await clock.advance(2000);
    await cloud.session.request('compute', servers, ctx);

    expect(cloud.signIns()).toBe(2);
  });

  it('before an upload that the token might not outlive', async () => {
    const clock = new FakeClock();
    await using cloud = await startRecordedCloud({ reply: () => ok, deps: { clock }, tokenLifetime: 3600 });
    const upload = { method: 'PUT', path: '/images/1/file', stream: { open: () => Readable.from(['x']) } } as const;

    await cloud.session.request('network', servers, ctx);
    await clock.advance(2_800_000);
    await cloud.session.request('compute', upload, ctx);

    expect(cloud.signIns()).toBe(2);
  });

  it('not again for a minute after a refusal, which some clouds would answer by locking the user out', async () => {
    const clock = new FakeClock();
    await using cloud = await startRecordedCloud({
      reply: () => ok,
      deps: { clock },
      keystone: () => ({ status: 401, body: { error: { code: 401, message: 'wrong' } } }),
    });

    const refusals = await Promise.allSettled([1, 2].map(() => cloud.session.request('compute', servers, ctx)));
    await clock.advance(59_000);
    await expect(cloud.session.request('compute', servers, ctx)).rejects.toThrow(/check user, password and project/);
    expect(cloud.signIns()).toBe(1);
    await clock.advance(2000);
    await expect(cloud.session.request('compute', servers, ctx)).rejects.toMatchObject({ code: 'misconfigured' });

    expect(refusals.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(cloud.signIns()).toBe(2);
  });

  it('with a password that was corrected meanwhile', async () => {
    const clock = new FakeClock();
    await using cloud = await startRecordedCloud({ reply: () => ok });
    await writeClouds(cloud.directory, cloud.server.url, 'wrong');
    const session = reopen(cloud.directory, clock);

    await expect(session.request('compute', servers, ctx)).rejects.toMatchObject({ code: 'misconfigured' });
    await writeClouds(cloud.directory, cloud.server.url, password);
    await clock.advance(10_000);

    await expect(session.request('compute', servers, ctx)).resolves.toMatchObject({ status: 200 });
    await session.close();
  });

  it('when clouds.yaml can be read at last', async () => {
    const clock = new FakeClock();
    await using cloud = await startRecordedCloud({ reply: () => ok });
    await writeFile(join(cloud.directory, 'clouds.yaml'), 'clouds: {}');
    const session = reopen(cloud.directory, clock);

    await expect(session.request('compute', servers, ctx)).rejects.toThrow(/cloud recorded is not in clouds.yaml/);
    expect(session.profile.imageFormat).toBe('qcow2');
    await writeClouds(cloud.directory, cloud.server.url, password, { image_format: 'raw' });
    await clock.advance(10_000);

    await expect(session.request('compute', servers, ctx)).resolves.toMatchObject({ status: 200 });
    expect(session.profile.imageFormat).toBe('raw');
    await session.close();
  });

  it('on behalf of those who wait when the one who began has given up', async () => {
    const first = new AbortController();
    let asked = 0;
    await using cloud = await startRecordedCloud({
      reply: () => ok,
      keystone: () => {
        asked += 1;
        if (asked > 1) return undefined;
        first.abort(new Error('stop'));
        return 'silence';
      },
    });

    const one = cloud.session.request('compute', servers, { ...ctx, signal: first.signal });
    const other = cloud.session.request('compute', servers, ctx);

    await expect(one).rejects.toThrow('stop');
    await expect(other).resolves.toMatchObject({ status: 200 });
  });
});
