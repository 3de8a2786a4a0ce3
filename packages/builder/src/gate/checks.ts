import { type FileHandle, open } from 'node:fs/promises';
import { deadline, errorText, isAbort, type Logger } from '@nodepool/runtime';
import { commandProblem } from '../build-process/command-problem.js';
import { runNoted } from '../build-process/run-noted.js';
import { splitCommand } from '../build-process/split-command.js';
import type { BuilderContext } from '../context.js';
import { BuilderError } from '../errors.js';
import type { GateMachine } from './machine.js';
import type { GateOrder } from './types.js';

/** What a command may print before the rest is dropped, bytes. */
const outputLimit = 1_048_576;

/**
 * Asks a machine that runs: it must answer, then the command on it and the script beside us must exit with 0.
 *
 * @param logPath file that takes what they print.
 * @throws NP_GATE_REFUSED, NP_HOST_UNREACHABLE, or the signal's reason.
 */
export async function checkMachine(
  context: BuilderContext,
  order: GateOrder,
  machine: GateMachine,
  options: { readonly bootTimeoutMs: number; readonly logPath: string; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { gate } = order;
  const target = { ...machine, bootTimeoutMs: options.bootTimeoutMs };
  const hostKeys = await context.machines.hostCheck.run(target, signal, options.log);
  if (gate.command === undefined && gate.script === undefined) return;
  await using output = await open(options.logPath, 'a');
  if (gate.command !== undefined) await runOnMachine(context, order, machine, hostKeys, output, signal);
  if (gate.script !== undefined) await runScript(context, order, machine, output, signal);
}

async function runOnMachine(
  { clock, machines }: BuilderContext,
  { gate, username }: GateOrder,
  { host, port }: GateMachine,
  hostKeys: readonly string[],
  output: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const { command, sshKey } = gate;
  if (command === undefined || sshKey === undefined) return;
  using limit = deadline(clock, gate.commandTimeoutMs, signal);
  const printed = new BoundedOutput();
  const user = gate.username ?? username ?? 'zuul';
  try {
    const code = await machines.runSshCommand(
      { host, port, username: user, keyFile: sshKey, hostKeys, command, onOutput: (chunk) => printed.add(chunk) },
      limit.signal,
    );
    if (code !== 0) throw refused(`the command exited with ${code}`);
  } catch (error) {
    if (isAbort(error, signal) || error instanceof BuilderError) throw error;
    const inTime = !limit.signal.aborted;
    throw refused(
      inTime ? `the command could not be run: ${errorText(error)}` : 'the command did not end in time',
      error,
    );
  } finally {
    await output.appendFile(printed.text()).catch(() => undefined);
  }
}

async function runScript(
  context: BuilderContext,
  { gate, upload, username }: GateOrder,
  machine: GateMachine,
  output: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const [file, ...args] = splitCommand(gate.script ?? '');
  if (file === undefined) return;
  const marker = `${upload.image}-${upload.buildId}/${upload.provider}/${upload.uploadId}`;
  const env = {
    ...(process.env as Readonly<Record<string, string>>),
    NODEPOOL_GATE: marker,
    NODEPOOL_HOST: machine.host,
    NODEPOOL_PORT: String(machine.port),
    NODEPOOL_USERNAME: gate.username ?? username ?? 'zuul',
    NODEPOOL_IMAGE: upload.image,
    NODEPOOL_BUILD_ID: upload.buildId,
    NODEPOOL_PROVIDER: upload.provider,
  };
  const command = { file, args, env, outputFd: output.fd, marker: `NODEPOOL_GATE=${marker}` };
  const name = `${marker.replaceAll('/', '.')}.gate`;
  const result = await runNoted(context, { ...command, name, timeoutMs: gate.commandTimeoutMs }, signal);
  signal.throwIfAborted();
  const problem = commandProblem(result);
  if (problem !== undefined) throw refused(`the script ${problem}`);
}

function refused(why: string, cause?: unknown): BuilderError {
  return new BuilderError('NP_GATE_REFUSED', why, cause === undefined ? undefined : { cause });
}

class BoundedOutput {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    const room = outputLimit - this.#bytes;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#bytes += chunk.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
