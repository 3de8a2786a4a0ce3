import { readFile } from 'node:fs/promises';
import { systemClock } from '@nodepool/runtime';
import { openContext } from './context.js';
import { onInterrupt } from './interrupt.js';
import { runProgram } from './program.js';

/** 128 and the number of SIGPIPE: what a program ends with that has lost its reader. */
const brokenPipe = 141;

async function version(): Promise<string> {
  const manifest: { readonly version: string } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}

/** Runs the command line of this process and sets its exit code. */
export async function start(): Promise<void> {
  // Nobody reads any more, as after `nodepool list | head`: nothing is wrong.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? brokenPipe : 1);
    });
  }

  const interrupt = onInterrupt();
  const release = await version();
  const exitCode = await runProgram(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    version: release,
    clock: systemClock,
    signal: interrupt.signal,
    openContext: (options, signal) => openContext(options, release, signal),
  });
  // What a command that was interrupted waits for may never come. One that came to its end all the same has succeeded.
  if (interrupt.signal.aborted) process.exit(exitCode === 0 ? 0 : interrupt.exitCode());
  process.exitCode = exitCode;
}
