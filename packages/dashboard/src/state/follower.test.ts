import { FakeClock, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client.js';
import type { EventFrame } from '../api/types.js';
import { aNode, emptyLists, sampleLists } from '../testing/samples.js';
import { type AppState, initialState } from './app-state.js';
import { Follower } from './follower.js';
import { Observable } from './observable.js';
import type { Lists } from './snapshot.js';

/** A server whose event stream the test writes. */
class FakeServer {
  lists: Lists = sampleLists();
  refusal: number | undefined;
  readonly lastEventIds: (string | undefined)[] = [];
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (this.refusal !== undefined) return Response.json({ detail: 'send a token' }, { status: this.refusal });
    const name = /^api\/v1\/(\w+)/.exec(url)?.[1] ?? '';
    if (name === 'events') return this.#open(init);
    const list = this.lists[name as keyof Lists];
    return Response.json(name === 'overview' ? list : { items: list, next: null });
  };

  send(event: string, id: string, data: EventFrame = {}): void {
    this.#stream?.enqueue(new TextEncoder().encode(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  end(): void {
    this.#stream?.close();
  }

  #open(init: RequestInit): Response {
    this.lastEventIds.push((init.headers as Readonly<Record<string, string>>)['last-event-id']);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
        init.signal?.addEventListener('abort', () => controller.error(init.signal?.reason), { once: true });
      },
    });
    return new Response(body);
  }
}

/** Lets everything go on until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle(1);
}

function follow() {
  const server = new FakeServer();
  const clock = new FakeClock();
  const state = new Observable<AppState>(initialState);
  const client = new ApiClient(server.fetch, 'api/v1');
  const follower = new Follower({ client, clock, random: () => 1, state });
  const stop = new AbortController();
  const running = follower.run(stop.signal);
  return {
    server,
    clock,
    state,
    follower,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      follower.retry();
      await running;
    },
  };
}

describe('following the events', () => {
  it('reads the lists at a reset, then applies what changes', async () => {
    await using followed = follow();
    const { server, state } = followed;
    await settle();
    expect(state.value.link.kind).toBe('connecting');

    server.send('reset', 'e1-0');
    server.send('change', 'e1-1', { nodes: [aNode({ id: '0000000002' })] });
    await until(() => state.value.snapshot?.nodes.size === 2);

    expect(state.value.link.kind).toBe('live');
    expect([...(state.value.snapshot?.nodes.keys() ?? [])]).toEqual(['0000000001', '0000000002']);
  });

  it('comes back with the id of the last event, and shows meanwhile what it knew', async () => {
    await using followed = follow();
    const { server, state, clock } = followed;
    await settle();
    server.send('reset', 'e1-0');
    server.send('change', 'e1-7', { nodes: [] });
    server.end();
    await until(() => state.value.link.kind === 'waiting');
    expect(state.value).toMatchObject({ link: { kind: 'waiting' } });
    expect(state.value.snapshot?.nodes.size).toBe(1);
    await clock.advance(1_000);
    await until(() => server.lastEventIds.length === 2);
    server.send('change', 'e1-8', { nodes: [aNode({ id: '0000000003' })] });
    await until(() => state.value.snapshot?.nodes.size === 2);

    expect(server.lastEventIds).toEqual([undefined, 'e1-7']);
    expect(state.value.snapshot?.nodes.size).toBe(2);
  });

  it('begins anew when the lists could not be read', async () => {
    await using followed = follow();
    const { server, state, clock } = followed;
    await settle();
    server.refusal = 500;
    server.send('reset', 'e1-0');
    await until(() => state.value.link.kind === 'waiting');

    server.refusal = undefined;
    await clock.advance(20_000);
    await until(() => server.lastEventIds.length === 2);
    server.send('reset', 'e1-3');
    await until(() => state.value.link.kind === 'live');

    expect(server.lastEventIds).toEqual([undefined, undefined]);
    expect(state.value.link.kind).toBe('live');
  });

  it('waits for a token instead of trying again', async () => {
    await using followed = follow();
    const { server, state, clock, follower } = followed;
    server.refusal = 401;
    await settle();
    server.refusal = undefined;
    server.end();
    await until(() => state.value.link.kind === 'waiting');
    server.refusal = 401;
    await clock.advance(20_000);
    await until(() => state.value.link.kind === 'refused');
    expect(state.value.link).toEqual({ kind: 'refused', reason: 'Send a token.' });
    await clock.advance(60_000);
    expect(server.lastEventIds).toHaveLength(1);

    server.refusal = undefined;
    follower.retry();
    await until(() => server.lastEventIds.length === 2);
    server.send('reset', 'e1-0');
    await until(() => state.value.link.kind === 'live');

    expect(state.value.link.kind).toBe('live');
  });

  it('gives up a connection that has gone silent', async () => {
    await using followed = follow();
    const { server, state, clock } = followed;
    await settle();
    server.send('reset', 'e1-0');
    await until(() => state.value.link.kind === 'live');
    await settle();

    await clock.advance(50_000);
    await until(() => state.value.link.kind === 'waiting');

    expect(state.value.link).toMatchObject({ kind: 'waiting', reason: 'The server has gone silent.' });
  });

  it('rests when asked to, and goes on where it was', async () => {
    await using followed = follow();
    const { server, state, follower, clock } = followed;
    await settle();
    server.send('reset', 'e1-4');
    await until(() => state.value.link.kind === 'live');

    follower.rest();
    await until(() => state.value.link.kind === 'resting');
    await clock.advance(600_000);
    expect(server.lastEventIds).toHaveLength(1);
    follower.retry();
    await until(() => server.lastEventIds.length === 2);

    expect(server.lastEventIds).toEqual([undefined, 'e1-4']);
  });

  it('takes its time from the server', async () => {
    await using followed = follow();
    const { server, state, clock } = followed;
    server.lists = {
      ...emptyLists,
      overview: { ...emptyLists.overview, now: { ...emptyLists.overview.now, time: 5_000 } },
    };
    await settle();

    server.send('reset', 'e1-0');
    await until(() => state.value.snapshot !== undefined);

    expect(state.value.skewSec + clock.now() / 1000).toBe(5_000);
  });
});
