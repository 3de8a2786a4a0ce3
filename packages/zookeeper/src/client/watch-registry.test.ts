import { describe, expect, it } from 'vitest';
import { JuteReader } from '../codec/reader.js';
import { JuteWriter } from '../codec/writer.js';
import type { WatchEvent, WatchListener } from '../types.js';
import { setWatchesCalls } from './set-watches.js';
import { WatchRegistry } from './watch-registry.js';

function recorder(): { readonly seen: string[]; readonly listen: (name: string) => WatchListener } {
  const seen: string[] = [];
  return { seen, listen: (name) => (event: WatchEvent) => void seen.push(`${name} ${event.type} ${event.path}`) };
}

describe('WatchRegistry', () => {
  it('calls a one-shot watch once, for the events of its kind', () => {
    const registry = new WatchRegistry();
    const { seen, listen } = recorder();
    registry.add('data', '/a', listen('data'));
    registry.add('child', '/a', listen('child'));
    registry.add('exist', '/b', listen('exist'));

    registry.dispatch({ type: 'children-changed', path: '/a' });
    registry.dispatch({ type: 'data-changed', path: '/a' });
    registry.dispatch({ type: 'deleted', path: '/a' });
    registry.dispatch({ type: 'created', path: '/b' });

    expect(seen).toEqual(['child children-changed /a', 'data data-changed /a', 'exist created /b']);
  });

  it('keeps a watch that is set again while it is being called', () => {
    const registry = new WatchRegistry();
    let calls = 0;
    const again: WatchListener = () => {
      calls += 1;
      registry.add('data', '/a', again);
    };
    registry.add('data', '/a', again);

    registry.dispatch({ type: 'data-changed', path: '/a' });
    registry.dispatch({ type: 'data-changed', path: '/a' });

    expect(calls).toBe(2);
  });

  it('tells a recursive watch of all znodes beneath and of no child list', () => {
    const registry = new WatchRegistry();
    const { seen, listen } = recorder();
    registry.add('recursive', '/', listen('root'));
    registry.add('recursive', '/a', listen('a'));
    registry.add('persistent', '/a', listen('plain'));

    registry.dispatch({ type: 'created', path: '/a/b' });
    registry.dispatch({ type: 'children-changed', path: '/a' });
    registry.dispatch({ type: 'created', path: '/ab' });

    expect(seen).toEqual(['root created /a/b', 'a created /a/b', 'plain children-changed /a', 'root created /ab']);
  });

  it('forgets what ends with the session and keeps what stays', () => {
    const registry = new WatchRegistry();
    registry.add('data', '/a', () => undefined);
    registry.add('recursive', '/b', () => undefined);

    registry.dropOnce();

    expect([...registry.entries()]).toEqual([{ kind: 'recursive', path: '/b' }]);
    expect([registry.hasAny('/a'), registry.hasAny('/b')]).toEqual([false, true]);
  });
});

describe('setWatchesCalls', () => {
  it('keeps every request below the size that servers accept, and leaves out no watch', () => {
    const paths = Array.from({ length: 5_000 }, (_, index) => `/some/quite/long/path/to/a/znode/${index}`);

    const calls = setWatchesCalls(
      paths.map((path, index) => ({ kind: index % 2 === 0 ? 'exist' : 'recursive', path })),
      77n,
    );

    const found = calls.map((call) => {
      const writer = new JuteWriter();
      writer.beginFrame();
      call.encode(writer);
      writer.endFrame();
      const frame = writer.take();
      expect(frame.length).toBeLessThan(128 * 1024);
      const reader = new JuteReader(frame.subarray(4));
      expect(reader.long()).toBe(77n);
      return [reader.strings(), reader.strings(), reader.strings(), reader.strings(), reader.strings()];
    });
    expect(found.length).toBeGreaterThan(1);
    expect(found.flatMap((lists) => lists[1] ?? []).length).toBe(2_500);
    expect(new Set(found.flat(2))).toEqual(new Set(paths));
  });

  it('sends nothing when there is no watch', () => {
    expect(setWatchesCalls([], 1n)).toEqual([]);
  });
});
