import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BuilderStatus } from '@nodepool/model';
import { settle } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aWebapp, openTestWeb, type TestWeb } from '../../testing/test-web.js';

const name = 'debian-0000000001';
let builder: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  builder = createServer((request, response) => {
    asked.push(request.url ?? '');
    const isKnown = request.url?.startsWith(`/builds/${name}/log?`) === true;
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/html', 'set-cookie': 'a=b' });
    response.end('<script>first line</script>\n');
  });
  builder.listen(0, '127.0.0.1');
  await once(builder, 'listening');
});

afterEach(async () => {
  builder.closeAllConnections();
  builder.close();
  await once(builder, 'close');
});

/** A build whose builder shows its logs at `logUrl`. */
async function built(web: TestWeb, logUrl: string | null): Promise<void> {
  const { images, builderStatuses } = web.store;
  const lock = await images.lockImage('debian');
  if (lock === undefined) throw new Error('somebody else builds');
  const record = { id: '0000000001', image: 'debian', state: 'building', builder: 'nb01', builderId: 'b-1' } as const;
  await images.createBuild({ ...record, formats: ['raw'], username: null, pythonPath: null, shellType: null }, lock);
  const status: BuilderStatus = { builderId: 'b-1', hostname: 'nb01', logUrl, builds: [], uploads: [] };
  await builderStatuses.publish(status);
  await settle();
}

const url = (): string => `http://127.0.0.1:${(builder.address() as AddressInfo).port}`;

describe('the log of a build', () => {
  it('is passed on as plain text, from the place asked for', async () => {
    await using web = await openTestWeb();
    await built(web, url());

    const reply = await web.server.inject(`/api/v1/builds/${name}/log?offset=7`);

    expect([reply.statusCode, reply.body]).toEqual([200, '<script>first line</script>\n']);
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.headers['set-cookie']).toBeUndefined();
    expect(asked).toEqual([`/builds/${name}/log?offset=7`]);
  });

  it('needs a token where reads do', async () => {
    await using web = await openTestWeb({ webapp: aWebapp({ readAccess: 'token' }) });
    await built(web, url());

    expect((await web.server.inject(`/api/v1/builds/${name}/log`)).statusCode).toBe(401);
    expect(asked).toEqual([]);
  });

  it.each([
    ['its builder shows no logs', null],
    ['its builder does not answer', 'http://127.0.0.1:1'],
  ])('is refused in words when %s', async (_why, logUrl) => {
    await using web = await openTestWeb();
    await built(web, logUrl);

    const reply = await web.server.inject(`/api/v1/builds/${name}/log`);

    expect(reply.statusCode).toBe(502);
    expect(reply.json()).toMatchObject({ code: 'NP_WEB_UNREACHABLE', status: 502 });
  });

  it('is not found for a build that is not there, and nobody is asked', async () => {
    await using web = await openTestWeb();
    await built(web, url());

    expect((await web.server.inject('/api/v1/builds/debian-0000000002/log')).statusCode).toBe(404);
    expect((await web.server.inject(`/api/v1/builds/..%2f${name}/log`)).statusCode).toBe(400);
    expect(asked).toEqual([]);
  });
});
