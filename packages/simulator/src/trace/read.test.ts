import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@nodepool/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TraceFile } from '../record/trace-file.js';
import { changeText } from '../what-if/change-text.js';
import { readTrace } from './read.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-trace-'));
});
afterAll(() => rm(dir, { recursive: true }));

const failed = (request: string) => ({ kind: 'failed', at: 1, request }) as const;

describe('a trace', () => {
  it.each([
    ['{"kind":"failed"', 'not a JSON object in one line'],
    ['{"kind":"failed","at":"noon","request":"a"}', 'at: Invalid input'],
    ['{"kind":"lunch"}', 'kind: Invalid'],
  ])('names file and line of what is not a line: %s', async (text, reason) => {
    const path = join(dir, 'bad.jsonl');
    await writeFile(path, `{"kind":"trace","version":1,"at":1}\n\n${text}\n`);

    const reading = Array.fromAsync(readTrace(path));

    await expect(reading).rejects.toMatchObject({
      code: 'NP_TRACE_LINE',
      message: expect.stringContaining(`${path}:3: ${reason}`),
    });
  });

  it('is read as it was written, rotated and with what stood there put aside', async () => {
    const path = join(dir, 'trace.jsonl');
    await writeFile(path, 'what stood there\n');
    const options = { path, maxBytes: 1, keep: 2, clock: new FakeClock(5_000) };
    {
      await using trace = await TraceFile.open(options);
      trace.write(failed('a'));
    }

    const files = (await readdir(dir)).filter((name) => name.startsWith('trace'));
    const lines = [...(await Array.fromAsync(readTrace(`${path}.1`))), ...(await Array.fromAsync(readTrace(path)))];

    expect(files).toContain('trace.jsonl.2');
    expect(await readFile(`${path}.2`, 'utf8').then((text) => text.length)).toBeGreaterThan(0);
    expect(lines.filter(({ kind }) => kind === 'failed').length).toBeLessThanOrEqual(1);
    expect(lines[0]).toEqual({ kind: 'trace', version: 1, at: 5 });
  });
});

describe('another value in a configuration', () => {
  const text =
    'providers:\n  - name: rax.dfw\n    pools: &pools [{name: main, max-servers: 1}]\n  - name: b\n    pools: *pools\n';

  it('goes to the element of that name, dots included, and to no other that refers to it', () => {
    const changed = changeText(text, [{ path: 'providers.b.pools.main.max-servers', value: 7 }]);
    const again = changeText(changed.text, [{ path: 'providers.rax.dfw.pools.main.max-servers', value: 9 }]);

    expect(changed.places).toEqual(['providers[1].pools[0].max-servers']);
    expect(again.places).toEqual(['providers[0].pools[0].max-servers']);
    expect(again.text.match(/max-servers: \d/g)).toEqual(['max-servers: 9', 'max-servers: 7']);
  });

  it('names the nearest when there is no such element', () => {
    const changing = () => changeText(text, [{ path: 'providers.rax-dfw.pools.mian.max-servers', value: 7 }]);

    expect(changing).toThrow('providers has no "rax-dfw" (did you mean "rax.dfw"?)');
  });
});
