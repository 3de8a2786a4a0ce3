import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { type DaemonContext, driverProviders, openConfig, openDaemonStore, runDaemon } from '@nodepool/daemon';
import { untilAborted } from '@nodepool/runtime';
import { openTelemetry, openTracing } from '@nodepool/telemetry';
import { daemonLagMs, startLauncher } from './launcher.js';
import { packageDir } from './package-dir.js';
import { serveLauncher } from './serve.js';

/** The launcher daemon: everything that lives long is made here, and put away in the reverse order. */
async function main(daemon: DaemonContext): Promise<void> {
  const { options, version, env, clock, random, log, host, signal } = daemon;
  await using resources = new AsyncDisposableStack();
  const telemetry = resources.use(openTelemetry({ env, hostname: host.hostname, clock, log }));
  const tracing = resources.use(
    await openTracing({ env, service: 'nodepool-launcher', version, hostname: host.hostname, clock, log }),
  );
  const { configPath: path, securePath } = options;
  const config = resources.use(await openConfig({ path, securePath, env, clock, log }));
  const identifier = `${host.hostname}-launcher`;
  const { zookeeper } = config.current();
  const session = resources.use(await openDaemonStore({ zookeeper, clock, random, log, identifier, signal }));
  resources.use(config.onChange((changed) => session.reconfigure(changed.zookeeper)));
  const launcher = await startLauncher({
    config,
    store: session.store,
    providers: driverProviders(),
    clock,
    random,
    log: log.child({}, 'nodepool.NodePool'),
    metrics: telemetry.metrics,
    tracer: tracing.tracer,
    identity: { ...host, version },
    statistics: { candidate: `${host.hostname}-${process.pid}` },
    lagMs: daemonLagMs,
  });
  if (options.webapp)
    resources.use(await serveLauncher({ ...daemon, config, launcher, telemetry, store: session.store }));
  resources.use(daemon.onDump(() => ({ launcher: launcher.state() })));
  await untilAborted(signal);
  await launcher.stop({ graceful: true });
}

const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { readonly version: string };

// V8 may let a heap grow fourfold before it collects it, and a burst leaves little behind. Read anew at each collection.
setFlagsFromString('--heap-growing-percent=50');

process.exit(await runDaemon({ program: 'nodepool-launcher', version, main }));
