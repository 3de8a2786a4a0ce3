import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@nodepool/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TraceFile } from '../record/trace-file.js';
import { changeText } from '../what-if/change-text.js';
import { readTrace } from './read.js';
import type { TraceLine } from './schema.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-trace-'));
});
afterAll(() => rm(dir, { recursive: true }));

const failed = (request: string) => ({ kind: 'failed', at: 1, request }) as const;

async function linesOf(path: string): Promise<readonly TraceLine[]> {
  const lines: TraceLine[] = [];
  for await (const line of readTrace(path)) lines.push(line);
  return lines;
}

describe('a trace', () => {
  it.each([
    ['{"kind":"failed"', 'not a JSON object in one line'],
    ['{"kind":"failed","at":"noon","request":"a"}', 'at: Invalid input'],
    ['{"kind":"lunch"}', 'kind: Invalid'],
  ])('names file and line of what is not a line: %s', async (text, reason) => {
    const path = join(dir, 'bad.jsonl');
    await writeFile(path, `{"kind":"trace","version":1,"at":1}\n\n${text}\n`);

    const reading = linesOf(path);

    await expect(reading).rejects.toMatchObject({
      code: 'NP_TRACE_LINE',
      message: expect.stringContaining(`${path}:3: ${reason}`),
    });
  });

  it('is read as it was written, and puts aside what stood there', async () => {
    const path = join(dir, 'trace.jsonl');
    await writeFile(path, 'what stood there');
    {
      await using trace = await TraceFile.open({ path, maxBytes: 1_000, keep: 2, clock: new FakeClock(5_000) });
      trace.write(failed('a'));
    }

    const lines = await linesOf(path);

    expect(lines).toEqual([{ kind: 'trace', version: 1, at: 5 }, failed('a')]);
    expect(await readFile(`${path}.1`, 'utf8')).toBe('what stood there');
  });

  it('is rotated, and only so many parts are kept', async () => {
    const path = join(dir, 'rotated.jsonl');
    for (const request of ['a', 'b', 'c', 'd']) {
      await using trace = await TraceFile.open({ path, maxBytes: 50, keep: 2, clock: new FakeClock(5_000) });
      trace.write(failed(request));
    }

    const files = (await readdir(dir)).filter((name) => name.startsWith('rotated')).sort();

    expect(files).toEqual(['rotated.jsonl', 'rotated.jsonl.1', 'rotated.jsonl.2']);
    expect(await linesOf(path)).toEqual([{ kind: 'trace', version: 1, at: 5 }]);
    expect(await linesOf(`${path}.1`)).toContainEqual(failed('d'));
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
