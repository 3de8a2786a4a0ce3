import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryEnsemble, type MemoryEnsemble, type MemorySession } from '../memory/index.js';
import { systemRandom } from '../random.js';
import { contenders, forceUnlock } from './contenders.js';
import { type LockOptions, lock, newLockOps, tryLock } from './lock.js';
import { ManualSleeper, settle } from './testing/manual-sleeper.js';

const directory = '/nodes/1/lock';
const empty = Buffer.alloc(0);

let ensemble: MemoryEnsemble;
let mine: MemorySession;
let theirs: MemorySession;
let sleeper: ManualSleeper;
let options: LockOptions;

beforeEach(async () => {
  ensemble = createMemoryEnsemble();
  mine = ensemble.connect();
  theirs = ensemble.connect();
  sleeper = new ManualSleeper();
  options = { random: systemRandom, ensure: 'last', sleeper };
  await theirs.ensurePath('/nodes/1');
});

async function who(): Promise<string[]> {
  return (await contenders(theirs, directory)).map(({ data }) => data.toString());
}

describe('tryLock', () => {
  it('takes a free lock and leaves nothing behind after its release', async () => {
    const held = await tryLock(mine, directory, { ...options, identifier: 'me' });
    const whileHeld = await who();

    await held?.release();

    expect(whileHeld).toEqual(['me']);
    expect(held?.held).toBe(false);
    expect(held?.signal.aborted).toBe(false);
    expect((await theirs.children(directory)).children).toEqual([]);
  });

  it('asks for nothing when another holds it, and removes its own child', async () => {
    await tryLock(theirs, directory, { ...options, identifier: 'they' });

    const held = await tryLock(mine, directory, options);

    expect(held).toBeUndefined();
    expect(await who()).toEqual(['they']);
  });

  it('takes one round trip of two requests when the directory exists', async () => {
    await mine.ensurePath(directory);
    const before = mine.requests;

    const held = await tryLock(mine, directory, options);

    expect(held?.held).toBe(true);
    expect(mine.requests - before).toBe(2);
  });

  it('takes a missing parent as nothing to lock, and does not create it', async () => {
    const held = await tryLock(mine, '/nodes/gone/lock', options);

    expect(held).toBeUndefined();
    expect(await mine.exists('/nodes/gone')).toBeUndefined();
  });

  it('creates the whole path when told to', async () => {
    const held = await tryLock(mine, '/elsewhere/deep/lock', { ...options, ensure: 'parents' });

    expect(held?.held).toBe(true);
  });

  it.each(['before', 'after'] as const)(
    'makes exactly one child when the connection is cut %s its create',
    async (when) => {
      await mine.ensurePath(directory);
      mine.failNext('create', when);

      const held = await tryLock(mine, directory, { ...options, identifier: 'me' });

      expect(held?.held).toBe(true);
      expect(await held?.verify()).toBe(true);
      expect(await who()).toEqual(['me']);
    },
  );

  it.each(['before', 'after'] as const)(
    'makes exactly one child when the connection is cut %s its multi',
    async (when) => {
      mine.failNext('multi', when);

      const held = await tryLock(mine, directory, { ...options, identifier: 'me' });

      expect(held?.held).toBe(true);
      expect(await who()).toEqual(['me']);
    },
  );

  it('removes its child when it is called off', async () => {
    await mine.ensurePath(directory);
    const abort = new AbortController();
    const attempt = tryLock(mine, directory, { ...options, signal: abort.signal });

    abort.abort(new Error('enough'));

    await expect(attempt).rejects.toThrow('enough');
    await settle();
    expect(await who()).toEqual([]);
  });
});

describe('lock', () => {
  it('is given in the order of arrival', async () => {
    const first = await lock(mine, directory, options);
    const order: string[] = [];
    const waiting = ['b', 'c', 'd'].map(async (name) => {
      const held = await lock(theirs, directory, { ...options, identifier: name });
      order.push(name);
      await held?.release();
    });
    await settle();
    const queued = await who();

    await first?.release();
    await Promise.all(waiting);

    expect(queued).toEqual(['', 'b', 'c', 'd']);
    expect(order).toEqual(['b', 'c', 'd']);
  });

  it('watches only the contender immediately before', async () => {
    await lock(theirs, directory, options);
    void lock(theirs, directory, options);
    await settle();
    void lock(mine, directory, options);
    await settle();
    const before = mine.requests;

    await forceUnlock(theirs, directory);
    await settle();

    expect(mine.requests).toBe(before);
  });

  it('gives up when time is up, without a trace', async () => {
    await lock(theirs, directory, { ...options, identifier: 'they' });
    const attempt = lock(mine, directory, { ...options, timeoutMs: 30_000 });
    await settle();

    await sleeper.advance(30_000);

    expect(await attempt).toBeUndefined();
    expect(await who()).toEqual(['they']);
  });

  it('gives up when it is called off, without a trace', async () => {
    await lock(theirs, directory, { ...options, identifier: 'they' });
    const abort = new AbortController();
    const attempt = lock(mine, directory, { ...options, timeoutMs: 30_000, signal: abort.signal });
    await settle();

    abort.abort(new Error('enough'));

    await expect(attempt).rejects.toThrow('enough');
    await settle();
    expect(await who()).toEqual(['they']);
    expect(sleeper.sleeping).toBe(0);
  });

  it('keeps its place through a cut, and sees a release that it missed', async () => {
    const first = await lock(theirs, directory, options);
    const attempt = lock(mine, directory, options);
    await settle();

    mine.suspend();
    await first?.release();
    mine.resume();

    expect((await attempt)?.held).toBe(true);
  });

  it('queues up again when its child was deleted by force', async () => {
    await lock(theirs, directory, { ...options, identifier: 'they' });
    const attempt = lock(mine, directory, { ...options, identifier: 'me' });
    await settle();
    const child = (await contenders(theirs, directory))[1]?.name;
    await theirs.delete(`${directory}/${child}`);
    mine.suspend();
    mine.resume();
    await settle();
    const queued = await who();

    await forceUnlock(theirs, directory);

    expect(queued).toEqual(['they', 'me']);
    expect((await attempt)?.held).toBe(true);
  });

  it('fails when the session expires', async () => {
    await lock(theirs, directory, options);
    const attempt = lock(mine, directory, options);
    await settle();

    mine.expire();

    await expect(attempt).rejects.toMatchObject({ code: 'ZK_SESSION_EXPIRED' });
  });
});

describe('a held lock', () => {
  it('is lost when the session expires', async () => {
    const held = await tryLock(mine, directory, options);

    mine.expire();

    expect(held?.held).toBe(false);
    expect(held?.signal.reason).toMatchObject({ code: 'ZK_LOCK_LOST', path: directory });
    await held?.release();
  });

  it('outlives a suspension that is shorter than the session timeout', async () => {
    const held = await tryLock(mine, directory, options);

    mine.suspend();
    await sleeper.advance(mine.sessionTimeoutMs - 1);
    mine.resume();
    await sleeper.advance(mine.sessionTimeoutMs);

    expect(held?.held).toBe(true);
    expect(await held?.verify()).toBe(true);
  });

  it('is lost in a suspension that is longer than the session timeout', async () => {
    const held = await tryLock(mine, directory, options);

    mine.suspend();
    await sleeper.advance(mine.sessionTimeoutMs);

    expect(held?.signal.aborted).toBe(true);
  });

  it('does not stay behind when it is lost and the session lives on', async () => {
    const held = await tryLock(mine, directory, options);
    mine.suspend();
    await sleeper.advance(mine.sessionTimeoutMs);
    const whileAway = await who();

    mine.resume();
    await settle();
    const next = await tryLock(theirs, directory, options);

    expect(held?.signal.aborted).toBe(true);
    expect(whileAway).toHaveLength(1);
    expect(next?.held).toBe(true);
  });

  it('fails the write it guards once it was taken away, and says so when asked', async () => {
    const held = await tryLock(mine, directory, options);
    if (held === undefined) throw new Error('the lock was free');
    await forceUnlock(theirs, directory);

    const write = mine.multi([held.guard(), { op: 'set', path: '/nodes/1', data: Buffer.from('new') }]);

    await expect(write).rejects.toMatchObject({ code: 'ZK_NO_NODE', failedOp: 0 });
    expect(held.signal.aborted).toBe(false);
    expect(await held.verify()).toBe(false);
    expect(held.signal.reason).toMatchObject({ code: 'ZK_LOCK_LOST' });
  });

  it('is released by a multi', async () => {
    const held = await tryLock(mine, directory, options);
    if (held === undefined) throw new Error('the lock was free');

    await mine.multi([{ op: 'set', path: '/nodes/1', data: empty }, held.releaseOp()]);
    held.released();

    expect(held.held).toBe(false);
    expect(await who()).toEqual([]);
    await held.release();
  });

  it('waits out a suspension to be released', async () => {
    const held = await tryLock(mine, directory, options);
    mine.suspend();
    const released = held?.release();
    await settle();

    mine.resume();
    await released;

    expect(await who()).toEqual([]);
    expect(sleeper.sleeping).toBe(0);
  });

  it('does not keep its owner waiting for ever, and is released all the same', async () => {
    const held = await tryLock(mine, directory, options);
    mine.suspend();
    const released = held?.release();
    await settle();

    await sleeper.advance(2 * mine.sessionTimeoutMs);
    await released;
    const whileSuspended = await who();
    mine.resume();
    await settle();

    expect(whileSuspended).toEqual(['']);
    expect(await who()).toEqual([]);
  });

  it('is released once, whoever else holds it then', async () => {
    const held = await tryLock(mine, directory, options);
    await held?.release();
    await tryLock(theirs, directory, { ...options, identifier: 'they' });

    await held?.release();

    expect(await who()).toEqual(['they']);
  });
});

describe('newLockOps', () => {
  it('takes the lock of a directory that it makes, with what else the multi does', async () => {
    const { ops, handle } = newLockOps(mine, directory, { random: systemRandom, identifier: 'me', sleeper });
    const results = await mine.multi([...ops, { op: 'set', path: '/nodes/1', data: empty }]);

    const held = handle(results);

    expect(held.held).toBe(true);
    expect(await held.verify()).toBe(true);
    expect(await who()).toEqual(['me']);
  });

  it('does nothing when the directory exists', async () => {
    await theirs.ensurePath(directory);
    const { ops } = newLockOps(mine, directory, { random: systemRandom, sleeper });

    await expect(mine.multi(ops)).rejects.toMatchObject({ code: 'ZK_NODE_EXISTS', failedOp: 0 });
    expect(await who()).toEqual([]);
  });

  it('refuses the results of another multi', async () => {
    const { handle } = newLockOps(mine, directory, { random: systemRandom, sleeper });

    expect(() => handle([])).toThrow(expect.objectContaining({ code: 'ZK_BAD_ARGUMENTS' }));
  });
});

describe('forceUnlock', () => {
  it('removes a child that no session owns', async () => {
    await theirs.ensurePath(directory);
    await theirs.create(`${directory}/abc__lock__`, Buffer.from('backing'), { mode: 'persistent-sequential' });

    expect(await forceUnlock(mine, directory)).toBe(true);
    expect(await forceUnlock(mine, directory)).toBe(false);
    expect(await forceUnlock(mine, '/absent')).toBe(false);
  });
});
