import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { CommandContext, DefineCommand } from '../command.js';

interface StandaloneCommandOptions {
  readonly dataDir: string;
  readonly zookeeperPort?: number;
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
}

export const defineStandalone: DefineCommand = (program, run) => {
  program
    .command('standalone')
    .description('run launcher and builder in one process, with a ZooKeeper of its own when none is configured')
    .requiredOption('--data-dir <directory>', 'where everything is kept; %(NODEPOOL_DATA_DIR) in the configuration')
    .option(
      '--zookeeper-port <port>',
      'port of the own ZooKeeper; by default a free one, the same at every start',
      count,
    )
    .option('--build-workers <number>', 'images built at once', count, 1)
    .option('--upload-workers <number>', 'uploads at once', count, 4)
    .action((options: StandaloneCommandOptions) =>
      run((context) => standalone(context, options), { graceMs: Number.POSITIVE_INFINITY }),
    );
};

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError('Give a whole number.');
  return value;
}

async function standalone(context: CommandContext, options: StandaloneCommandOptions): Promise<number> {
  const { StateDumps } = await import('@nodepool/daemon');
  const { runStandalone } = await import('@nodepool/standalone');
  const log = await context.log();
  const dumps = new StateDumps(log, context.options.debug ? undefined : context.options.logging);
  using _signals = onSignals({
    SIGUSR2: () => void dumps.write(),
    // Left alone, Node.js would take it as the order to open a port for debuggers; launchers stop.
    SIGUSR1: () => void process.kill(process.pid, 'SIGINT'),
  });
  await runStandalone({
    configPath: context.options.config,
    securePath: context.options.secure,
    dataDir: resolve(options.dataDir),
    zooKeeperPort: options.zookeeperPort,
    buildWorkers: options.buildWorkers,
    uploadWorkers: options.uploadWorkers,
    version: context.version,
    env: context.env,
    clock: context.clock,
    random: context.random,
    log,
    signal: context.signal,
    onDump: (describe) => dumps.add(describe),
  });
  return 0;
}

function onSignals(listeners: Readonly<Partial<Record<NodeJS.Signals, () => void>>>): Disposable {
  const entries = Object.entries(listeners) as [NodeJS.Signals, () => void][];
  for (const [signal, listener] of entries) process.on(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [signal, listener] of entries) process.off(signal, listener);
    },
  };
}
