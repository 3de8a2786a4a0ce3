import { startBuilder } from '@nodepool/builder';
import type { Config } from '@nodepool/config';
import {
  type DaemonStore,
  driverProviders,
  hostIdentity,
  type OpenedConfig,
  openConfig,
  openDaemonStore,
} from '@nodepool/daemon';
import { serveLauncher, startLauncher } from '@nodepool/launcher';
import { type Clock, type LogFields, type Logger, type Random, untilAborted } from '@nodepool/runtime';
import { openTelemetry, openTracing } from '@nodepool/telemetry';
import { claimDataDir, type DataDir, writeZooKeeperFile } from './data-dir.js';
import { StandaloneError } from './errors.js';
import { missingPrerequisites, thisMachine } from './prerequisites.js';
import { withDataDir } from './settings.js';
import { superviseServer } from './zookeeper-server.js';

export interface StandaloneOptions {
  readonly configPath: string;
  readonly securePath: string | undefined;
  /** Absolute. Holds the ZooKeeper data, images and logs, unless the configuration places them elsewhere. */
  readonly dataDir: string;
  /** Port of our own ZooKeeper; undefined takes the one used last time, or a free one. */
  readonly zooKeeperPort: number | undefined;
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Stops everything, in order. */
  readonly signal: AbortSignal;
  /** Told how to describe what is going on. */
  readonly onDump?: (describe: () => LogFields) => Disposable;
}

/** Name under which the data directory can be used in the configuration: `%(NODEPOOL_DATA_DIR)`. */
const dataDirVariable = 'NODEPOOL_DATA_DIR';

/**
 * Runs launcher and builder, and a ZooKeeper server when the configuration names none, until `signal` aborts.
 *
 * @throws StandaloneError NP_PREREQUISITE_MISSING, NP_DATA_DIR_IN_USE, NP_ZOOKEEPER_FAILED; ConfigError.
 */
export async function runStandalone(options: StandaloneOptions): Promise<void> {
  const { log, signal } = options;
  await using resources = new AsyncDisposableStack();
  const dataDir = resources.use(await claimDataDir(options.dataDir));
  const file = resources.use(await openFile(options));
  checkMachine(file.current(), options);
  const ownPort = await startServer(options, file.current(), dataDir, resources);
  const config = { current: (): Config => withDataDir(file.current(), dataDir, ownPort), onChange: file.onChange };
  const store = resources.use(await openStore(options, config.current()));
  resources.use(file.onChange(() => store.reconfigure(config.current().zookeeper)));
  await runDaemons(options, config, store, resources);
  log.info({ dataDir: dataDir.path }, 'started standalone');
  await untilAborted(signal);
  log.info({}, 'began to stop standalone');
}

function openFile({ configPath, securePath, dataDir, env, clock, log }: StandaloneOptions): Promise<OpenedConfig> {
  return openConfig({
    path: configPath,
    securePath,
    env: { ...env, [dataDirVariable]: dataDir },
    missingZooKeeper: 'allow',
    clock,
    log,
  });
}

/** Without the essential nothing can start; without the rest the parts that need it say so when they fail. */
function checkMachine(config: Config, { env, log }: StandaloneOptions): void {
  const missing = missingPrerequisites(config, thisMachine(env['PATH'] ?? ''));
  const essential = missing.filter((prerequisite) => prerequisite.essential);
  if (essential.length > 0) {
    const what = essential.map((one) => `${one.what}, for ${one.neededFor} (${one.install})`).join('; ');
    throw new StandaloneError('NP_PREREQUISITE_MISSING', what);
  }
  for (const { what, neededFor, install } of missing) {
    log.warn({ what, neededFor, install }, 'a program that the configuration needs is not installed');
  }
}

async function startServer(
  { zooKeeperPort, clock, log, signal }: StandaloneOptions,
  config: Config,
  dataDir: DataDir,
  resources: AsyncDisposableStack,
): Promise<number | undefined> {
  if (config.zookeeper.servers.length > 0) return undefined;
  const serverLog = log.child({}, 'nodepool.standalone.ZooKeeper');
  const server = await superviseServer({
    dataDir: dataDir.zooKeeperDir,
    port: zooKeeperPort,
    clock,
    log: serverLog,
    signal,
  });
  resources.defer(() => server.stop());
  await writeZooKeeperFile(dataDir, server.port);
  return server.port;
}

function openStore({ clock, random, log, signal }: StandaloneOptions, config: Config): Promise<DaemonStore> {
  return openDaemonStore({
    zookeeper: config.zookeeper,
    clock,
    random,
    log,
    identifier: 'nodepool-standalone',
    signal,
  });
}

interface RunningConfig {
  current(): Config;
  readonly onChange: OpenedConfig['onChange'];
}

async function runDaemons(
  options: StandaloneOptions,
  config: RunningConfig,
  { store }: DaemonStore,
  resources: AsyncDisposableStack,
): Promise<void> {
  const { clock, random, env, log, version, buildWorkers, uploadWorkers, onDump } = options;
  const identity = { ...(await hostIdentity(clock)), version };
  const telemetry = resources.use(openTelemetry({ env, hostname: identity.hostname, clock, log }));
  const { hostname } = identity;
  const traces = { env, service: 'nodepool-standalone', version, hostname, clock, log };
  const { tracer } = resources.use(await openTracing(traces));
  const { metrics } = telemetry;
  // One for both, so that a cloud that lives in this process is the same cloud for both.
  const common = { config, store, providers: driverProviders(), clock, random, metrics, tracer, identity };
  const statistics = { candidate: `${identity.hostname}-${process.pid}` };
  const launcher = await startLauncher({ ...common, statistics, log: log.child({}, 'nodepool.NodePool') });
  resources.defer(() => launcher.stop({ graceful: true }));
  resources.use(await serveLauncher({ config, launcher, store, telemetry, clock, random, log, version }));
  const builderLog = log.child({}, 'nodepool.builder.NodePoolBuilder');
  const builder = await startBuilder({ ...common, log: builderLog, buildWorkers, uploadWorkers });
  // A build in progress would hold the stop up for hours: it is ended, and begun anew at the next start.
  resources.defer(() => builder.stop({ graceful: false }));
  if (onDump !== undefined) resources.use(onDump(() => ({ launcher: launcher.state(), builder: builder.state() })));
}
