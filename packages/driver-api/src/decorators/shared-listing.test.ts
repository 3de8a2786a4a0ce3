import { silentLogger } from '@nodepool/runtime';
import { FakeClock, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { CallContext, Instance } from '../driver.js';
import { sharedListing } from './shared-listing.js';

const never = new AbortController().signal;
const ctx: CallContext = { signal: never, log: silentLogger };

function anInstance(id: string): Instance {
  return { externalId: id, tags: {}, status: 'ACTIVE', resources: {} };
}

/** A cloud whose listings take `tookMs` and hold one instance, named after the number of the listing. */
function aCloud(tookMs = 0) {
  const clock = new FakeClock();
  const startedMs: number[] = [];
  const provider = {
    listInstances: async (): Promise<readonly Instance[]> => {
      const count = startedMs.push(clock.monotonicMs());
      if (tookMs > 0) await clock.sleep(tookMs);
      return [anInstance(`list-${count}`)];
    },
  };
  const listing = sharedListing(provider, { clock, log: silentLogger, signal: never, intervalMs: 1000 });
  const ask = async (acceptedMs: number, context = ctx): Promise<string> => {
    const instances = await listing.checkContext(context, acceptedMs).instances();
    return [...instances.keys()].join();
  };
  return { clock, startedMs, ask };
}

describe('the shared listing', () => {
  it('serves everybody with one call', async () => {
    const { ask, startedMs } = aCloud();

    const answers = await Promise.all([ask(0), ask(0), ask(0)]);

    expect(answers).toEqual(['list-1', 'list-1', 'list-1']);
    expect(startedMs).toEqual([0]);
  });

  it('is made anew when the interval is over', async () => {
    const { ask, clock } = aCloud();
    await ask(0);

    await clock.advance(999);
    expect(await ask(0)).toBe('list-1');
    await clock.advance(1);

    expect(await ask(0)).toBe('list-2');
  });

  it('never answers with a list that was started before the launch was accepted', async () => {
    const { ask, clock, startedMs } = aCloud();
    await ask(0);
    await clock.advance(300);

    const answers = Promise.all([ask(300), ask(200)]);
    await clock.advance(700);

    expect(await answers).toEqual(['list-2', 'list-2']);
    expect(startedMs).toEqual([0, 1000]);
  });

  it('asks a slow cloud less often, and never twice at once', async () => {
    const { ask, clock, startedMs } = aCloud(2000);
    const first = ask(0);
    await clock.advance(500);

    const second = ask(500);
    const third = ask(500);
    await clock.advance(12_000);

    expect(await Promise.all([first, second, third])).toEqual(['list-1', 'list-2', 'list-2']);
    expect(startedMs).toEqual([0, 10_000]);
  });

  it('goes on for the others when one caller aborts', async () => {
    const { ask, clock } = aCloud(50);
    const impatient = new AbortController();
    const aborted = ask(0, { ...ctx, signal: impatient.signal }).catch((error: unknown) => error);
    const patient = ask(0);
    await settle();

    impatient.abort('enough');
    await clock.advance(50);

    expect(await aborted).toBe('enough');
    expect(await patient).toBe('list-1');
  });
});
