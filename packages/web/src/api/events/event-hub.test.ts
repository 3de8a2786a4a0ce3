import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { constants, gunzipSync } from 'node:zlib';
import { settle } from '@nodepool/runtime/testing';
import { newNode } from '@nodepool/store/testing';
import { describe, expect, it } from 'vitest';
import { openTestWeb, type TestWeb } from '../../testing/test-web.js';
import { EventFrame } from '../schemas/index.js';
import { CapacityViews } from '../views/capacity-views.js';
import { ImageViews } from '../views/image-views.js';
import { Tally } from '../views/tally.js';
import { EventHub } from './event-hub.js';

/** An answer that keeps what is written. */
class FakeResponse extends EventEmitter {
  readonly chunks: Buffer[] = [];
  writableLength = 0;
  isDestroyed = false;
  useChunkedEncodingByDefault = true;
  shouldKeepAlive = true;

  writeHead(): void {}
  flushHeaders(): void {}
  end(): void {}

  write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    return true;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }

  get raw(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  get events(): readonly { readonly id: string; readonly event: string; readonly data: EventFrame }[] {
    return [...this.text.matchAll(/id: (.*)\nevent: (.*)\ndata: (.*)\n\n/g)].map(
      ([, id = '', event = '', data = '']) => ({
        id,
        event,
        data: EventFrame.parse(JSON.parse(data)),
      }),
    );
  }
}

function hubOf({ caches, store, clock, log }: TestWeb, frames = 1_200): EventHub {
  const tally = new Tally(caches);
  const config = () => {
    throw new Error('not asked');
  };
  const views = new ImageViews(caches.images, config);
  const capacity = new CapacityViews({ caches, config, facts: () => [], tally });
  const whole = { providers: () => [], pools: () => [], labels: () => [], components: () => [] };
  return new EventHub({
    caches,
    store,
    images: views,
    capacity: Object.assign(capacity, whole),
    tally,
    clock,
    log,
    epoch: 'e1',
    onConfigChange: () => ({ [Symbol.dispose]: () => undefined }),
    journalLimits: { frames, ids: 1_000 },
  });
}

/** Frames are compressed outside of the event loop: real time passes, the clock stands. */
async function encoded(response: FakeResponse, count: number): Promise<void> {
  while (response.events.length < count) await settle(1);
}

describe('events', () => {
  it('begin with a reset, then tell of changes in one frame for many', async () => {
    await using web = await openTestWeb();
    await using hub = hubOf(web);
    const client = new FakeResponse();
    await hub.follow(client.raw, false, undefined);
    await web.clock.advance(250);
    // The first frame has the lists that are told whole.
    await encoded(client, 2);
    const before = client.events.length;

    const ids: string[] = [];
    for (let number = 0; number < 20; number += 1) ids.push((await web.store.nodes.create(newNode())).id);
    await web.clock.advance(250);
    await encoded(client, before + 1);

    expect(client.events[0]?.event).toBe('reset');
    expect(client.events.slice(before)).toHaveLength(1);
    expect(client.events.at(-1)?.data.nodes?.map(({ id }) => id)).toEqual(ids);
  });

  it('come four times a second at most, however much changes', async () => {
    await using web = await openTestWeb();
    await using hub = hubOf(web);
    const client = new FakeResponse();
    await hub.follow(client.raw, false, undefined);
    const node = await web.store.nodes.create(newNode());

    for (let step = 0; step < 40; step += 1) {
      await node.update({ comment: String(step) });
      await web.clock.advance(50);
    }
    await encoded(client, 2);

    // Two seconds: eight frames, the reset, and the one at the start.
    expect(client.events.length).toBeGreaterThan(1);
    expect(client.events.length).toBeLessThanOrEqual(10);
  });

  it('go on where a client has lost its connection, in one frame', async () => {
    await using web = await openTestWeb();
    await using hub = hubOf(web);
    const first = new FakeResponse();
    await hub.follow(first.raw, false, undefined);
    const node = await web.store.nodes.create(newNode());
    await web.clock.advance(250);
    await encoded(first, 2);
    const seen = first.events.at(-1)?.id;
    first.emit('close');
    for (const comment of ['a', 'b', 'c']) {
      await node.update({ comment });
      await web.clock.advance(250);
    }

    const again = new FakeResponse();
    await hub.follow(again.raw, false, seen);

    expect(again.events).toMatchObject([{ event: 'change', data: { nodes: [{ comment: 'c' }] } }]);
  });

  it.each(['e1-999', 'other-1', 'nonsense', 'e1-0'])('begin anew after an id that says nothing: %s', async (id) => {
    await using web = await openTestWeb();
    await using hub = hubOf(web, 1);
    const node = await web.store.nodes.create(newNode());
    for (const comment of ['a', 'b', 'c']) {
      await node.update({ comment });
      await web.clock.advance(250);
    }

    const client = new FakeResponse();
    await hub.follow(client.raw, false, id);

    expect(client.events[0]?.event).toBe('reset');
  });

  it('can be unpacked from wherever a client began', async () => {
    await using web = await openTestWeb();
    await using hub = hubOf(web);
    const plain = new FakeResponse();
    await hub.follow(plain.raw, false, undefined);
    const node = await web.store.nodes.create(newNode());
    await web.clock.advance(250);
    await encoded(plain, 2);
    const packed = new FakeResponse();
    await hub.follow(packed.raw, true, undefined);

    await node.update({ comment: 'late' });
    await web.clock.advance(250);
    while (!plain.text.includes('late')) await settle(1);

    const text = gunzipSync(Buffer.concat(packed.chunks), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    expect(text).toMatch(/^id: e1-\d+\nevent: reset\n/);
    expect(text).toContain('"comment":"late"');
  });

  it('are no longer sent to a client that does not read them', async () => {
    await using web = await openTestWeb();
    await using hub = hubOf(web);
    const [slow, quick] = [new FakeResponse(), new FakeResponse()];
    for (const client of [slow, quick]) await hub.follow(client.raw, false, undefined);
    slow.writableLength = 10 * 1024 * 1024;

    await web.store.nodes.create(newNode());
    await web.clock.advance(250);
    await encoded(quick, 2);

    expect(slow.isDestroyed).toBe(true);
    expect(hub.clients).toBe(1);
  });
});
