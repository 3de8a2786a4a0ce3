import { describe, expect, it } from 'vitest';
import { ApiClient, ApiError } from './client.js';

function clientThat(answer: (url: string, init: RequestInit) => Response | Error) {
  const calls: { readonly url: string; readonly init: RequestInit }[] = [];
  const client = new ApiClient(async (url, init) => {
    calls.push({ url, init });
    const result = answer(url, init);
    if (result instanceof Error) throw result;
    return result;
  }, 'api/v1');
  return { client, calls };
}

describe('a call of the API', () => {
  it('carries the token once there is one, and never a cookie', async () => {
    const { client, calls } = clientThat(() => Response.json({}));

    await client.call('/nodes/1');
    client.setToken('npt_1');
    await client.call('/nodes/1', { method: 'DELETE' });

    expect(calls.map(({ init }) => init.headers)).toEqual([{}, { authorization: 'Bearer npt_1' }]);
    expect(calls.map(({ init }) => init.credentials)).toEqual(['omit', 'omit']);
  });

  it('reads a list page by page', async () => {
    const { client, calls } = clientThat((url) =>
      Response.json(url.includes('cursor') ? { items: [3], next: null } : { items: [1, 2], next: 'a/b' }),
    );

    expect(await client.list('/nodes')).toEqual([1, 2, 3]);
    expect(calls[1]?.url).toBe('api/v1/nodes?limit=1000&cursor=a%2Fb');
  });

  it('fails with the detail of the problem, as a sentence', async () => {
    const { client } = clientThat(() =>
      Response.json({ title: 'Conflict', code: 'NP_LOCKED', detail: 'node 1 is locked' }, { status: 409 }),
    );

    await expect(client.call('/nodes/1')).rejects.toMatchObject({
      code: 'NP_LOCKED',
      status: 409,
      message: 'Node 1 is locked.',
    });
  });

  it.each([
    ['a proxy that answers in HTML', () => new Response('<h1>Bad gateway', { status: 502 }), 'HTTP_502'],
    ['a server that is not there', () => new TypeError('failed to fetch'), 'NO_ANSWER'],
  ])('has words for %s', async (_case, answer, code) => {
    const { client } = clientThat(answer);

    await expect(client.call('/nodes')).rejects.toMatchObject({ code, name: 'ApiError' });
  });

  it('passes on that it was given up', async () => {
    const { client } = clientThat(() => new DOMException('given up', 'AbortError'));

    await expect(client.call('/nodes', { signal: AbortSignal.abort() })).rejects.not.toBeInstanceOf(ApiError);
  });

  it('answers with nothing where there is no body', async () => {
    const { client } = clientThat(() => new Response(null, { status: 204 }));

    expect(await client.call('/images/a/pause', { method: 'POST' })).toBeUndefined();
  });
});
