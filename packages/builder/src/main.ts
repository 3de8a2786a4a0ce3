import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DaemonContext, driverProviders, openConfig, openDaemonStore, runDaemon } from '@nodepool/daemon';
import { untilAborted } from '@nodepool/runtime';
import { openTelemetry, openTracing } from '@nodepool/telemetry';
import { startBuilder } from './builder.js';
import { packageDir } from './package-dir.js';

/** The builder daemon: everything that lives long is made here, and put away in the reverse order. */
async function main(daemon: DaemonContext): Promise<void> {
  const { options, version, env, clock, random, log, host, signal } = daemon;
  await using resources = new AsyncDisposableStack();
  const telemetry = resources.use(openTelemetry({ env, hostname: host.hostname, clock, log }));
  const tracing = resources.use(
    await openTracing({ env, service: 'nodepool-builder', version, hostname: host.hostname, clock, log }),
  );
  const { configPath: path, securePath } = options;
  const config = resources.use(await openConfig({ path, securePath, env, clock, log }));
  const identifier = `${host.hostname}-builder`;
  const { zookeeper } = config.current();
  const session = resources.use(await openDaemonStore({ zookeeper, clock, random, log, identifier, signal }));
  resources.use(config.onChange((changed) => session.reconfigure(changed.zookeeper)));
  const builder = await startBuilder({
    config,
    store: session.store,
    providers: driverProviders(),
    clock,
    random,
    log: log.child({}, 'nodepool.builder.NodePoolBuilder'),
    metrics: telemetry.metrics,
    tracer: tracing.tracer,
    measurements: { text: telemetry.prometheusText, contentType: telemetry.prometheusContentType },
    identity: { ...host, version },
    buildWorkers: options.buildWorkers,
    uploadWorkers: options.uploadWorkers,
  });
  resources.use(daemon.onDump(() => ({ builder: builder.state() })));
  resources.use(
    daemon.onTerminate(() => {
      builder.endProcesses();
      // Else the locks of what was under way would stand until the session times out.
      return session.zk.close();
    }),
  );
  await untilAborted(signal);
  await builder.stop({ graceful: true });
}

const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { readonly version: string };

process.exit(await runDaemon({ program: 'nodepool-builder', version, main }));
