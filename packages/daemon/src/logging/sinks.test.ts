import { mkdtemp, readFile, rename, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSink, type Sink } from './sinks.js';

let directory: string;
let sink: Sink;
const clock = new FakeClock();
const errors: Error[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-log-'));
  sink = openSink({ kind: 'file', path: join(directory, 'deep', 'x.log') }, clock, (error) => errors.push(error));
});

afterEach(async () => {
  sink[Symbol.dispose]();
  await rm(directory, { recursive: true });
});

const path = (): string => join(directory, 'deep', 'x.log');

describe('a log file', () => {
  it('is made with its directory and gets lines in order', async () => {
    sink.write('one\n');
    sink.write('two\n');
    sink.flush();

    expect(await readFile(path(), 'utf8')).toBe('one\ntwo\n');
    expect(errors).toEqual([]);
  });

  it('is opened again when it was renamed', async () => {
    sink.write('before\n');
    sink.flush();
    await rename(path(), `${path()}.1`);
    await clock.advance(1000);

    sink.write('after\n');
    sink.flush();

    expect(await readFile(`${path()}.1`, 'utf8')).toBe('before\n');
    expect(await readFile(path(), 'utf8')).toBe('after\n');
  });

  it('is made again when it was removed', async () => {
    await unlink(path());
    await clock.advance(1000);

    sink.write('after\n');
    sink.flush();

    expect(await readFile(path(), 'utf8')).toBe('after\n');
  });

  it('that cannot be opened is told of by name', () => {
    const inAFile = join(path(), 'x.log');
    const open = (): Sink => openSink({ kind: 'file', path: inAFile }, clock, () => undefined);

    expect(open).toThrow(`the log file cannot be opened: ${inAFile}`);
  });
});
