import { describe, expect, it } from 'vitest';
import { createMemoryEnsemble, type MemorySession } from '../../memory/index.js';
import { systemTimers } from '../../timers.js';
import { LaggingSession } from '../testing/lagging-session.js';
import { settle } from '../testing/manual-sleeper.js';
import { TreeCache, type TreeCacheOptions } from './tree-cache.js';

const all = Number.POSITIVE_INFINITY;
const text = (value: string): Buffer => Buffer.from(value);

async function filled(paths: readonly string[]): Promise<{ mine: MemorySession; theirs: MemorySession }> {
  const ensemble = createMemoryEnsemble();
  const theirs = ensemble.connect();
  for (const path of paths) await theirs.create(path, text(path));
  return { mine: ensemble.connect(), theirs };
}

function keys(cache: TreeCache): string[] {
  return [...cache.entries.keys()].sort();
}

/** A cache on a connection that carries and delivers only on demand. */
async function lagging(paths: readonly string[], options: Partial<TreeCacheOptions> = {}) {
  const { mine, theirs } = await filled(paths);
  const link = new LaggingSession(mine);
  const cache = new TreeCache(link, { root: '/t', ...options });
  const rest = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3; ) {
      await settle();
      quiet = (await link.flush()) ? quiet + 1 : 0;
    }
  };
  return { mine, theirs, link, cache, rest };
}

describe('TreeCache', () => {
  it('walks the tree, then follows it', async () => {
    const { mine, theirs } = await filled(['/t', '/t/a', '/t/a/b']);
    const changes: string[] = [];
    await using cache = new TreeCache(mine, {
      root: '/t',
      onChange: (path, entry, previous) =>
        void changes.push(`${path}: ${previous?.data ?? '-'} > ${entry?.data ?? '-'}`),
    });
    await cache.ready();
    const walked = keys(cache);
    changes.length = 0;

    await theirs.set('/t/a', text('new'));
    await theirs.create('/t/c', text('c'));
    await theirs.delete('/t/a/b');
    await settle();

    expect(walked).toEqual(['/t', '/t/a', '/t/a/b']);
    expect(changes.toSorted()).toEqual(['/t/a/b: /t/a/b > -', '/t/a: /t/a > new', '/t/c: - > c']);
    expect([...cache.children('/t')].sort()).toEqual(['a', 'c']);
  });

  it('waits for a root that does not exist yet', async () => {
    const { mine, theirs } = await filled([]);
    await using cache = new TreeCache(mine, { root: '/t' });
    await cache.ready();

    await theirs.create('/t', text('late'));
    await settle();

    expect(keys(cache)).toEqual(['/t']);
  });

  it('reads no data of what it keeps by name, and nothing of what it skips', async () => {
    const { mine, theirs } = await filled(['/t', '/t/1', '/t/1/lock', '/t/1/lock/x', '/t/skipped', '/t/skipped/y']);
    await using cache = new TreeCache(mine, {
      root: '/t',
      include: (path) => (path.startsWith('/t/skipped') ? 'skip' : path.includes('/lock') ? 'name' : 'data'),
    });
    await cache.ready();
    const walked = keys(cache);
    const before = mine.requests;

    await theirs.create('/t/1/lock/z', text('holder'));
    await theirs.delete('/t/1/lock/x');
    await theirs.set('/t/skipped/y', text('unseen'));
    await settle();

    expect(walked).toEqual(['/t', '/t/1', '/t/1/lock', '/t/1/lock/x']);
    expect([...cache.children('/t/1/lock')]).toEqual(['z']);
    expect(cache.entries.get('/t/1/lock/z')?.data.length).toBe(0);
    expect(mine.requests).toBe(before);
  });

  it('does not read back what its owner wrote', async () => {
    const { mine } = await filled(['/t', '/t/a']);
    await using cache = new TreeCache(mine, { root: '/t' });
    await cache.ready();
    const before = mine.requests;

    const stat = await cache.own(['/t/a'], () => mine.set('/t/a', text('mine')));
    cache.applySet('/t/a', text('mine'), stat);
    const created = await cache.own([{ sequential: '/t/s-' }], async () => {
      const result = await mine.create('/t/s-', text('s'), { mode: 'persistent-sequential' });
      cache.applyCreate(result.path, text('s'), result.stat);
      return result;
    });
    const atOnce = [cache.entries.get('/t/a')?.data.toString(), cache.entries.get(created.path)?.data.toString()];
    await settle();

    expect(atOnce).toEqual(['mine', 's']);
    expect(mine.requests - before).toBe(2);
  });

  it('reads when its owner did not say what was written', async () => {
    const { mine } = await filled(['/t', '/t/a']);
    await using cache = new TreeCache(mine, { root: '/t' });
    await cache.ready();

    await cache.own(['/t/a'], () => mine.set('/t/a', text('mine')));
    await settle();

    expect(cache.entries.get('/t/a')?.data.toString()).toBe('mine');
  });

  it('believes what is newer, however late its owner applies a result', async () => {
    const { mine, theirs } = await filled(['/t', '/t/a', '/t/b']);
    await using cache = new TreeCache(mine, { root: '/t' });
    await cache.ready();
    const older = await mine.set('/t/a', text('older'));
    const gone = await mine.set('/t/b', text('gone'));
    await theirs.set('/t/a', text('newer'));
    await theirs.delete('/t/b');
    await settle();

    cache.applySet('/t/a', text('older'), older);
    cache.applySet('/t/b', text('gone'), gone);
    await settle();

    expect(cache.entries.get('/t/a')?.data.toString()).toBe('newer');
    expect(cache.entries.has('/t/b')).toBe(false);
  });

  it('keeps events that overtake a list of children', async () => {
    const { theirs, link, cache, rest } = await lagging(['/t', '/t/old'], {
      include: (path) => (path === '/t' ? 'data' : 'name'),
    });
    // The watch, the root and the list of its children are asked for, one after another.
    for (let step = 0; step < 2; step += 1) {
      await settle();
      await link.flush();
    }
    await settle();
    await link.carryOut(all);
    await theirs.create('/t/new', text('new'));
    await theirs.delete('/t/old');
    link.deliver(all);
    await rest();

    expect(keys(cache)).toEqual(['/t', '/t/new']);
  });

  it('takes a znode for gone only when it did not come back after the answer that said so', async () => {
    const { theirs, link, cache, rest } = await lagging(['/t', '/t/a'], {
      include: (path) => (path === '/t' ? 'data' : 'name'),
    });
    // The watch, the root, the list of its children; then the children of each child are asked for.
    for (let step = 0; step < 3; step += 1) {
      await settle();
      await link.flush();
    }
    await settle();
    await theirs.delete('/t/a');
    await link.carryOut(all);
    await theirs.create('/t/a', text('second'));
    link.deliver(all);
    await rest();

    expect(keys(cache)).toEqual(['/t', '/t/a']);
  });

  it('does not bring back a deleted znode by an answer that is older', async () => {
    const { theirs, link, cache, rest } = await lagging(['/t', '/t/a']);
    await rest();
    await theirs.set('/t/a', text('last words'));
    link.deliver(all);
    await settle();
    await link.carryOut(all);
    await theirs.delete('/t/a');
    link.deliver(all);
    await rest();

    expect(keys(cache)).toEqual(['/t']);
  });

  it('asks for the children of a new znode of which no event has told', async () => {
    const { theirs, link, cache, rest } = await lagging(['/t']);
    await rest();
    await theirs.create('/t/a', text('a'));
    link.deliver(all);
    await theirs.create('/t/a/b', text('b'));
    await settle();
    link.drop(all);
    await rest();

    expect(keys(cache)).toEqual(['/t', '/t/a', '/t/a/b']);
  });

  it('finds after a reconnect what it missed, and says when it has', async () => {
    const { mine, theirs } = await filled(['/t', '/t/a', '/t/b']);
    let ready = 0;
    await using cache = new TreeCache(mine, {
      root: '/t',
      onReady: () => {
        ready += 1;
      },
    });
    await cache.ready();

    mine.suspend();
    await theirs.delete('/t/a');
    await theirs.set('/t/b', text('changed'));
    await theirs.create('/t/c', text('c'));
    const whileAway = keys(cache);
    const again = cache.ready();
    mine.resume();
    await again;

    expect(whileAway).toEqual(['/t', '/t/a', '/t/b']);
    expect(keys(cache)).toEqual(['/t', '/t/b', '/t/c']);
    expect(cache.entries.get('/t/b')?.data.toString()).toBe('changed');
    expect(ready).toBe(2);
  });

  it('goes on with the session that follows an expired one', async () => {
    const { mine, theirs } = await filled(['/t']);
    await using cache = new TreeCache(mine, { root: '/t' });
    await cache.ready();

    mine.expire();
    await theirs.create('/t/a', text('a'));
    mine.renew();
    await cache.ready();
    await theirs.create('/t/b', text('b'));
    await settle();

    expect(keys(cache)).toEqual(['/t', '/t/a', '/t/b']);
  });

  it.each(['own', 'foreign'])(
    'shows a lock as gone only with what was written before, the write being %s',
    async (whose) => {
      const seen: string[] = [];
      const include = (path: string) => (path.endsWith('/lock') ? 'name' : 'data');
      const { mine, theirs, cache, link, rest } = await lagging(['/t', '/t/a', '/t/a/lock'], {
        include,
        goesAfter: (path) => (path === '/t/a/lock' ? '/t/a' : undefined),
        onChange: (path, entry) => void seen.push(`${path} ${entry?.data ?? 'gone'}`),
      });
      await rest();
      seen.length = 0;
      const ops = [
        { op: 'set', path: '/t/a', data: text('written') },
        { op: 'delete', path: '/t/a/lock' },
      ] as const;

      if (whose === 'foreign') await theirs.multi(ops);
      else {
        void cache.own(['/t/a'], async () => {
          const [result] = await link.multi(ops);
          if (result?.op === 'set') cache.applySet('/t/a', text('written'), result.stat);
        });
      }
      await rest();

      expect(seen).toEqual(['/t/a written', '/t/a/lock gone']);
      expect(await mine.exists('/t/a/lock')).toBeUndefined();
      await cache[Symbol.asyncDispose]();
    },
  );

  it('reads what others have changed several times once, when its lag is over', async () => {
    const sleeping: (() => void)[] = [];
    const sleep = (): Promise<void> => new Promise((resolve) => void sleeping.push(resolve));
    const seen: string[] = [];
    const { theirs, cache, rest } = await lagging(['/t', '/t/a', '/t/b'], {
      lag: { ms: 100, applies: (path, type) => type === 'data-changed' || path !== '/t/now' },
      timers: { soon: systemTimers.soon, sleep },
      onChange: (path, entry) => void seen.push(`${path} ${entry?.data ?? 'gone'}`),
    });
    await rest();
    seen.length = 0;

    for (const value of ['1', '2', '3']) await theirs.set('/t/a', text(value));
    await theirs.create('/t/c', text('c'));
    await theirs.create('/t/now', text('at once'));
    await theirs.set('/t/b', text('4'));
    await theirs.delete('/t/b');
    await rest();
    const before = [...seen];
    sleeping[0]?.();
    await rest();

    expect(before).toEqual(['/t/b gone', '/t/now at once']);
    expect(seen.slice(before.length).toSorted()).toEqual(['/t/a 3', '/t/c c']);
    expect(sleeping).toHaveLength(1);
    await cache[Symbol.asyncDispose]();
  });

  it('asks so many questions at a time and no more', async () => {
    const paths = ['/t', ...Array.from({ length: 20 }, (_, index) => `/t/${index}`)];
    const { link, cache, rest } = await lagging(paths, { maxReads: 4 });
    let most = 0;
    for (let step = 0; step < 40; step += 1) {
      await settle();
      most = Math.max(most, cache.backlog.asked);
      await link.flush();
    }
    await rest();

    expect(most).toBe(4);
    expect(cache.entries.size).toBe(21);
  });

  it('reads together what changes together, and keeps an event that overtakes the answer', async () => {
    const paths = ['/t', ...Array.from({ length: 6 }, (_, index) => `/t/${index}`)];
    const { mine, theirs, link, cache, rest } = await lagging(paths);
    await rest();
    const before = mine.requests;

    for (const path of paths) await theirs.set(path, text('changed'));
    await settle();
    link.deliver(all);
    await settle();
    await link.carryOut(all);
    await theirs.set('/t/1', text('later'));
    await theirs.delete('/t/2');
    link.deliver(all);
    await rest();

    // All of them, and once more the one that changed meanwhile.
    expect(mine.requests - before).toBe(2);
    expect(keys(cache)).toEqual(paths.filter((path) => path !== '/t/2'));
    expect(cache.entries.get('/t/1')?.data.toString()).toBe('later');
    expect(cache.entries.get('/t/5')?.data.toString()).toBe('changed');
  });

  it('takes for gone what one of several reads did not find', async () => {
    const { mine, theirs, link, cache, rest } = await lagging(['/t', '/t/a', '/t/b']);
    await rest();
    for (const path of ['/t/a', '/t/b']) await theirs.set(path, text('changed'));
    await settle();
    link.deliver(all);
    await settle();
    await theirs.delete('/t/a');
    await link.carryOut(all);
    // The event of the deletion comes with the answer and is lost.
    link.drop(1);
    link.deliver(all);
    await rest();

    expect(keys(cache)).toEqual(['/t', '/t/b']);
    expect(await mine.exists('/t/a')).toBeUndefined();
  });

  it('tells whoever waits that it was closed', async () => {
    const { mine } = await filled([]);
    mine.suspend();
    const cache = new TreeCache(mine, { root: '/t' });
    const waiting = cache.ready();
    const refused = expect(waiting).rejects.toMatchObject({ code: 'ZK_CLOSED' });

    await cache[Symbol.asyncDispose]();

    await refused;
    await expect(cache.ready()).rejects.toMatchObject({ code: 'ZK_CLOSED' });
  });

  it('stops waiting when the signal aborts', async () => {
    const { mine } = await filled([]);
    mine.suspend();
    await using cache = new TreeCache(mine, { root: '/t' });
    const abort = new AbortController();
    const waiting = cache.ready(abort.signal);

    abort.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
  });
});
