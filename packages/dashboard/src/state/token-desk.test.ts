import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { ApiClient, ApiError } from '../api/client.js';
import { TokenDesk } from './token-desk.js';

/** A server that knows the tokens in `known`. */
function openDesk(known: Set<string>) {
  const client = new ApiClient(async (url, init) => {
    const { authorization = '' } = init.headers as Readonly<Record<string, string | undefined>>;
    const token = authorization.replace('Bearer ', '');
    if (!known.has(token))
      return Response.json({ code: 'NP_WEB_UNAUTHENTICATED', detail: 'the token is not known' }, { status: 401 });
    return Response.json(url.endsWith('/caller') ? { name: 'ada', scopes: ['operate'] } : { done: token });
  }, 'api/v1');
  return { client, desk: new TokenDesk(client) };
}

describe('the token', () => {
  it('is asked for at the first change only', async () => {
    const { client, desk } = openDesk(new Set(['npt_1']));
    const done: unknown[] = [];
    const change = async (): Promise<void> => void done.push(await client.call('/x', { method: 'POST' }));

    const first = desk.act(change);
    expect(desk.state.value.question?.reason).toContain('token');
    await desk.give('npt_1');
    expect(await first).toBe(true);
    expect(await desk.act(change)).toBe(true);

    expect(done).toEqual([{ done: 'npt_1' }, { done: 'npt_1' }]);
    expect(desk.state.value).toMatchObject({ caller: { name: 'ada' }, question: undefined });
  });

  it('is not kept when the server does not know it', async () => {
    const { client, desk } = openDesk(new Set());
    const asked = desk.ask('because');

    await expect(desk.give('npt_wrong')).rejects.toThrow('The token is not known.');
    desk.giveUp();

    expect(await asked).toBe(false);
    expect(client.hasToken).toBe(false);
  });

  it('is asked for again when it is refused later, with the reason', async () => {
    const known = new Set(['npt_1', 'npt_2']);
    const { client, desk } = openDesk(known);
    await desk.give('npt_1');
    known.delete('npt_1');

    const acting = desk.act(() => client.call('/x', { method: 'POST' }));
    while (desk.state.value.question === undefined) await settle(1);
    expect(desk.state.value).toEqual({ caller: undefined, question: { reason: 'The token is not known.' } });
    await desk.give('npt_2');

    expect(await acting).toBe(true);
  });

  it('does not hide why a change was refused', async () => {
    const { desk } = openDesk(new Set(['npt_1']));
    await desk.give('npt_1');

    const refused = desk.act(async () => {
      throw new ApiError('NP_LOCKED', 409, 'It is locked.');
    });

    await expect(refused).rejects.toThrow('It is locked.');
  });

  it('makes no change when the operator gives none', async () => {
    const { desk } = openDesk(new Set());
    let calls = 0;
    const acting = desk.act(async () => {
      calls += 1;
    });
    desk.giveUp();

    expect(await acting).toBe(false);
    expect(calls).toBe(0);
  });

  it('is gone when it is forgotten', async () => {
    const { client, desk } = openDesk(new Set(['npt_1']));
    await desk.give('npt_1');

    desk.forget();

    expect(client.hasToken).toBe(false);
    expect(desk.state.value.caller).toBeUndefined();
  });
});
