import { FakeClock, recordLog } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../load.js';
import { tinyDriver } from '../testing/index.js';
import type { Config } from '../types.js';
import { watchConfig } from './watch-config.js';

const first = 'zookeeper-servers: [{host: localhost}]\nlabels: [{name: a}]\n';
const second = first.replace('a}', 'b}');

/** A watched file in memory; `write` makes a new version, and `undefined` removes it. */
async function start(texts: Record<string, string | undefined>) {
  const clock = new FakeClock();
  const log = recordLog();
  const changes: { readonly labels: readonly string[]; readonly previous: Config }[] = [];
  const versions = new Map<string, number>();
  let mark = (): void => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const versionOf = async (path: string): Promise<string | undefined> =>
    texts[path] === undefined ? undefined : String(versions.get(path) ?? 0);
  const options = {
    path: '/etc/main.yaml',
    securePath: '/etc/secure.yaml',
    drivers: [tinyDriver],
    env: {},
    readFile: async (path: string) => {
      const text = texts[path];
      if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return { text, version: String(versions.get(path) ?? 0) };
    },
  };
  const watched: string[] = [];
  const watch = watchConfig({
    ...options,
    clock,
    log,
    initial: await loadConfig(options),
    onChange: ({ config }, previous) => void changes.push({ labels: [...config.labels.keys()], previous }),
    versionOf,
    watchDirectory: (path, onEvent, onError) => {
      watched.push(path);
      mark = onEvent;
      fail = onError;
      return { [Symbol.dispose]: () => void watched.splice(watched.indexOf(path), 1) };
    },
  });
  await clock.advance(0);
  const write = (path: string, text: string | undefined): void => {
    texts[path] = text;
    versions.set(path, (versions.get(path) ?? 0) + 1);
  };
  return { clock, log, changes, watch, watched, write, event: () => mark(), fail: (error: unknown) => fail(error) };
}

const files = () => ({ '/etc/main.yaml': first, '/etc/secure.yaml': '' });

describe('watchConfig', () => {
  it('tells of a change as soon as it has come to rest after an event', async () => {
    await using harness = await startDisposable(files());

    harness.write('/etc/main.yaml', second);
    harness.event();
    await harness.clock.advance(99);
    expect(harness.changes).toEqual([]);
    await harness.clock.advance(1);

    expect(harness.changes.map((change) => change.labels)).toEqual([['b']]);
    expect([...(harness.changes[0]?.previous.labels.keys() ?? [])]).toEqual(['a']);
    expect([...harness.watch.current.config.labels.keys()]).toEqual(['b']);
  });

  it('finds a change without any event within ten seconds', async () => {
    await using harness = await startDisposable(files());

    harness.write('/etc/secure.yaml', 'zookeeper-servers: [{host: "::1"}]\n');
    await harness.clock.advance(10_100);

    expect(harness.watch.current.config.zookeeper.servers).toEqual(['[::1]:2281']);
    expect(harness.changes).toHaveLength(1);
  });

  it('says nothing of a change that does not matter', async () => {
    await using harness = await startDisposable(files());

    harness.write('/etc/main.yaml', `# a comment\n${first}`);
    harness.event();
    await harness.clock.advance(1000);

    expect(harness.changes).toEqual([]);
    expect(harness.log.lines).toEqual([]);
  });

  it('keeps the last good configuration and logs each finding of a bad one once', async () => {
    await using harness = await startDisposable(files());

    harness.write('/etc/main.yaml', `${first}max-hold-age: soon\n`);
    harness.event();
    await harness.clock.advance(60_000);

    expect(harness.changes).toEqual([]);
    expect(harness.log.lines.filter((line) => line.level === 'error')).toEqual([
      {
        level: 'error',
        fields: {
          code: 'NP_CONFIG_TYPE',
          finding:
            '/etc/main.yaml:3:15: error: max-hold-age: expected an integer, got "soon". ' +
            'Remedy: write a whole number without quotes',
        },
        message: 'found an error in the configuration',
      },
      {
        level: 'error',
        fields: { path: '/etc/main.yaml' },
        message: 'refused the configuration and kept the last good one',
      },
    ]);
  });

  it('recovers when the bad configuration is corrected', async () => {
    await using harness = await startDisposable(files());

    harness.write('/etc/main.yaml', 'labels: [');
    harness.event();
    await harness.clock.advance(200);
    harness.write('/etc/main.yaml', second);
    harness.event();
    await harness.clock.advance(200);

    expect(harness.changes.map((change) => change.labels)).toEqual([['b']]);
  });

  it('is patient with a file that is replaced', async () => {
    await using harness = await startDisposable(files());

    harness.write('/etc/main.yaml', undefined);
    harness.event();
    await harness.clock.advance(1000);
    harness.write('/etc/main.yaml', second);
    await harness.clock.advance(600);

    expect(harness.changes.map((change) => change.labels)).toEqual([['b']]);
    expect(harness.log.lines.filter((line) => line.level === 'error')).toEqual([]);
  });

  it('reports a file that stays away once, and takes it when it comes back', async () => {
    await using harness = await startDisposable(files());

    harness.write('/etc/main.yaml', undefined);
    harness.event();
    await harness.clock.advance(30_000);
    const errors = harness.log.lines.filter((line) => line.level === 'error');
    harness.write('/etc/main.yaml', second);
    await harness.clock.advance(10_100);

    expect(errors).toEqual([
      {
        level: 'error',
        fields: { missing: ['/etc/main.yaml'] },
        message: 'missed a file and kept the last good configuration',
      },
    ]);
    expect(harness.changes.map((change) => change.labels)).toEqual([['b']]);
  });

  it('goes on without the help of the operating system', async () => {
    await using harness = await startDisposable(files());

    harness.fail(new Error('no more watches'));
    harness.write('/etc/main.yaml', second);
    await harness.clock.advance(10_100);

    expect(harness.log.lines[0]).toMatchObject({
      level: 'warn',
      fields: { directory: '/etc', error: { message: 'no more watches' } },
    });
    expect(harness.changes).toHaveLength(1);
  });

  it('lets go of everything when it is disposed', async () => {
    const harness = await start(files());

    expect(harness.watched).toEqual(['/etc']);
    await harness.watch[Symbol.asyncDispose]();

    expect(harness.watched).toEqual([]);
    expect(harness.clock.sleeping).toBe(0);
  });
});

async function startDisposable(texts: Record<string, string | undefined>) {
  const harness = await start(texts);
  return { ...harness, [Symbol.asyncDispose]: () => harness.watch[Symbol.asyncDispose]() };
}
