import type { Asset } from '@nodepool/dashboard';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestWeb, type TestWeb } from '../testing/test-web.js';
import { dashboardPages } from './pages.js';

function anAsset(text: string, overrides: Partial<Asset> = {}): Asset {
  return {
    contentType: 'text/javascript; charset=utf-8',
    body: Buffer.from(text),
    brotli: Buffer.from(`br ${text}`),
    gzip: Buffer.from(`gz ${text}`),
    etag: `"${text}"`,
    immutable: true,
    ...overrides,
  };
}

const site = new Map([
  ['index.html', anAsset('page', { contentType: 'text/html; charset=utf-8', immutable: false })],
  ['a-1.js', anAsset('script')],
]);
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let web: TestWeb;

beforeAll(async () => {
  web = await openTestWeb({ pages: dashboardPages(site) });
});

afterAll(async () => {
  await web[Symbol.asyncDispose]();
});

describe('the dashboard', () => {
  it('is at the root for a browser, under a policy that lets nothing else in', async () => {
    const { statusCode, headers, body } = await web.server.inject({ url: '/', headers: { accept: browser } });

    expect([statusCode, body]).toEqual([200, 'page']);
    expect(headers['content-security-policy']).toMatch(/^default-src 'self';/);
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([undefined, '*/*', 'text/plain', 'application/json'])('is not there for programs: %s', async (accept) => {
    const { statusCode, body } = await web.server.inject({ url: '/', headers: accept === undefined ? {} : { accept } });

    expect(statusCode).toBe(404);
    expect(body).toContain('404 Not Found');
  });

  it.each([
    ['gzip, deflate, br', 'br', 'br script'],
    ['gzip', 'gzip', 'gz script'],
    ['br;q=0, gzip;q=0.5', 'gzip', 'gz script'],
    ['identity', undefined, 'script'],
  ])('sends files as small as the browser takes them: %s', async (accepted, encoding, text) => {
    const answer = await web.server.inject({ url: '/dashboard/a-1.js', headers: { 'accept-encoding': accepted } });

    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(answer.rawPayload.toString()).toBe(text);
    expect(answer.headers['cache-control']).toContain('immutable');
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it('sends nothing that the browser has already', async () => {
    const headers = { accept: browser, 'if-none-match': 'W/"page"' };

    expect((await web.server.inject({ url: '/', headers })).statusCode).toBe(304);
  });

  it.each(['/dashboard/other.js', '/dashboard/index.html', '/dashboard/..%2fpackage.json', '/dashboard/'])(
    'has no other files: %s',
    async (url) => {
      expect((await web.server.inject({ url })).statusCode).toBe(404);
    },
  );

  it('says what to do where it was not built', async () => {
    await using bare = await openTestWeb({ pages: dashboardPages(new Map()) });

    const { statusCode, body } = await bare.server.inject({ url: '/', headers: { accept: browser } });

    expect(statusCode).toBe(503);
    expect(body).toContain('script/bootstrap');
  });
});
