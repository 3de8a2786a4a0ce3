import { untilAborted } from '@nodepool/runtime';
import { InvalidArgumentError } from 'commander';
import type { CommandContext, DefineCommand } from '../command.js';

interface RecordFlags {
  readonly maxSize: number;
  readonly keep: number;
}

export const defineRecord: DefineCommand = (program, run) => {
  program
    .command('record')
    .description('write down what becomes of requests and nodes, for `nodepool simulate`, until interrupted')
    .argument('<file>', 'the trace; one that exists is put aside')
    .option('--max-size <MiB>', 'size at which a file is put aside as <file>.1 and another begun', positive, 100)
    .option('--keep <number>', 'files put aside that are kept', positive, 9)
    .action((file: string, flags: RecordFlags) => run((context) => record(context, file, flags)));
};

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number, at least 1.');
  return value;
}

async function record(context: CommandContext, path: string, { maxSize, keep }: RecordFlags): Promise<number> {
  const { Recorder, TraceFile } = await import('@nodepool/simulator');
  const { clock, signal } = context;
  const store = await context.store();
  await using trace = await TraceFile.open({ path, maxBytes: maxSize * 2 ** 20, keep, clock });
  await using caches = await store.openCaches({ resourcesOf: () => ({}), only: ['requests', 'nodes'], signal });
  using _recorder = new Recorder({ caches, clock, write: (line) => trace.write(line) });
  await untilAborted(AbortSignal.any([signal, trace.failed]));
  if (trace.failed.aborted) throw trace.failed.reason;
  return 0;
}
