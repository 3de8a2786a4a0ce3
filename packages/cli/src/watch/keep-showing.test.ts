import { aNode } from '@nodepool/model/testing';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { openTestCli, type TestCliOptions } from '../testing/index.js';
import type { Screen } from './canvas.js';

/** A watch that was started and has shown its first picture. */
async function watching(
  argv: readonly string[],
  options: Pick<TestCliOptions, 'nowMs'> & { screen?: TestScreen } = {},
) {
  const interrupt = new AbortController();
  const printed: string[] = [];
  const shown = Promise.withResolvers<void>();
  const cli = await openTestCli({
    ...options,
    signal: interrupt.signal,
    onPrint: (text) => {
      printed.push(text);
      shown.resolve();
    },
  });
  await cli.zk.ensurePath('/nodepool/nodes');
  options.screen?.onDraw(() => shown.resolve());
  const ended = cli.run(...argv);
  await Promise.race([shown.promise, ended]);
  /** Lets what has changed be noticed, and the pause between two pictures pass. */
  const later = async (ms = 250): Promise<void> => {
    await settle(50);
    await cli.clock.advance(ms);
    await settle(50);
  };
  const end = async () => {
    interrupt.abort();
    const run = await ended;
    await cli[Symbol.asyncDispose]();
    return run;
  };
  return { cli, printed, later, end };
}

interface TestScreen extends Screen {
  readonly written: string[];
  resize(rows: number): void;
  /** Calls back after each picture. */
  onDraw(listener: () => void): void;
}

function aScreen(rows: number | undefined): TestScreen {
  const written: string[] = [];
  const listeners = new Set<() => void>();
  let height = rows;
  let drawn = (): void => undefined;
  return {
    written,
    rows: () => height,
    write: (text) => {
      written.push(text);
      if (written.length > 1) drawn();
    },
    onDraw: (listener) => {
      drawn = listener;
    },
    onResize: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    resize: (next) => {
      height = next;
      for (const listener of listeners) listener();
    },
  };
}

const idsOf = (json: string | undefined): readonly string[] =>
  (JSON.parse(json ?? '[]') as { readonly id: string }[]).map(({ id }) => id);

describe('--watch where no terminal is', () => {
  it('prints a list again when it has changed, and ends with 0 when interrupted', async () => {
    const { cli, printed, later, end } = await watching(['list', '--watch', '--format', 'json']);
    const node = await cli.store.nodes.create(aNode());
    await later();
    await node.remove();
    await later();

    expect(printed.map(idsOf)).toEqual([[], [node.id], []]);
    expect(await end()).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('prints nothing while only ages change', async () => {
    const { cli, printed, later, end } = await watching(['list', '--watch']);
    const node = await cli.store.nodes.create(aNode());
    await later();
    const [, before] = printed;

    await later(10_000);
    await cli.zk.set('/nodepool/nodes', Buffer.from('of no interest'));
    await later(10_000);

    expect(before).toContain(node.id);
    expect(printed).toHaveLength(2);
    await end();
  });

  it('makes one picture of a burst', async () => {
    const { cli, printed, later, end } = await watching(['list', '--watch', '--format', 'json']);
    for (let count = 0; count < 20; count += 1) await cli.store.nodes.create(aNode());
    await later();

    expect(printed.map((text) => idsOf(text).length)).toEqual([0, 20]);
    await end();
  });

  it('warns once of what cannot be read', async () => {
    const { cli, printed, later, end } = await watching(['list', '--watch']);
    await cli.zk.create('/nodepool/nodes/0000000007', Buffer.from('garbage'));
    await later();
    await cli.store.nodes.create(aNode());
    await later();

    const { stderr } = await end();
    expect(printed.length).toBeGreaterThan(1);
    expect(stderr.match(/unreadable: \/nodepool\/nodes\/0000000007/g)).toHaveLength(1);
  });

  it('says what is wrong with the command line, and ends', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('list', '--watch', '--sort', 'colour');

    expect(exitCode).toBe(1);
    expect(stderr).toContain('no field colour');
  });

  const build = '/nodepool/images/debian/builds/b1';
  const ready = { state: 'ready', state_time: 1 };
  it.each<[string, string, object]>([
    ['request-list', '/nodepool/requests/100-0000000001', { state: 'requested', state_time: 1, node_types: ['small'] }],
    ['dib-image-list', build, ready],
    ['image-list', `${build}/providers/cloud-a/images/0000000001`, ready],
    ['image-list --detail', `${build}/providers/cloud-a/images/0000000001`, ready],
    ['image-status', '/nodepool/images/fedora', {}],
    ['image-history debian', '/nodepool/image-history/debian/0000000001', { kind: 'paused', timeSec: 1 }],
    ['zk ls', '/nodepool/components', {}],
    ['status', '/nodepool/requests/100-0000000001', { state: 'requested', state_time: 1, node_types: ['small'] }],
  ])('%s follows the tree', async (command, path, record) => {
    const { cli, printed, later, end } = await watching([...command.split(' '), '--watch', '--format', 'json']);
    const before = printed.length;
    await cli.zk.ensurePath(path);
    if (path.startsWith(build)) await cli.zk.set(build, Buffer.from(JSON.stringify(ready)));
    await cli.zk.set(path, Buffer.from(JSON.stringify(record)));
    await later();

    expect(before).toBe(1);
    expect(printed.length).toBeGreaterThan(1);
    expect(await end()).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('--watch on a terminal', () => {
  it('draws on a page of its own and gives the terminal back', async () => {
    const screen = aScreen(undefined);
    const { cli, printed, later, end } = await watching(['list', '--watch'], { screen });
    const node = await cli.store.nodes.create(aNode());
    await later();
    await end();

    expect(printed).toEqual([]);
    expect(screen.written[0]).toBe('\u001b[?1049h\u001b[?25l\u001b[?7l');
    expect(screen.written[1]).toContain('ZooKeeper: connected');
    expect(screen.written[2]).toContain(node.id);
    expect(screen.written.at(-1)).toBe('\u001b[?7h\u001b[?25h\u001b[?1049l');
  });

  it('lets ages go on, once a second', async () => {
    const screen = aScreen(40);
    const { cli, later, end } = await watching(['list', '--watch'], { screen });
    await cli.store.nodes.create(aNode());
    await later();

    await later(10_000);

    expect(screen.written.at(-1)).toContain('00:00:00:10');
    await end();
  });

  it('shows what there is room for, also when that changes', async () => {
    const screen = aScreen(8);
    const { cli, later, end } = await watching(['list', '--watch', '--format', 'json'], { screen });
    await cli.store.nodes.create(aNode());
    await later();
    const lines = screen.written.at(-1)?.split('\r\n');

    screen.resize(1_000);
    await later();

    expect(lines).toHaveLength(8);
    expect(lines?.at(-1)).toMatch(/^\(\d+ more lines\)/);
    expect(screen.written.at(-1)).not.toContain('more lines');
    await end();
  });

  it('tells that the connection is lost, and shows what was missed once it is back', async () => {
    const screen = aScreen(40);
    const { cli, later, end } = await watching(['list', '--watch'], { screen });
    cli.zk.suspend();
    await later();
    const cut = screen.written.at(-1);

    cli.zk.resume();
    const node = await cli.store.nodes.create(aNode());
    await later();

    expect(cut).toContain('ZooKeeper: suspended');
    expect(screen.written.at(-1)).toContain('ZooKeeper: connected');
    expect(screen.written.at(-1)).toContain(node.id);
    await end();
  });
});
