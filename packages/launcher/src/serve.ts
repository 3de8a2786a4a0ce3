import type { Clock, Logger, Random } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import type { Telemetry } from '@nodepool/telemetry';
import { type Explain, type LeaseLimits, leaseApi, startWebServer } from '@nodepool/web';
import { cachedSnapshot } from './explain/cached-snapshot.js';
import { explainOne } from './explain/explain.js';
import type { ConfigSource, Launcher } from './launcher.js';

export interface ServeOptions {
  readonly config: ConfigSource;
  readonly launcher: Launcher;
  readonly store: Store;
  readonly telemetry: Pick<Telemetry, 'prometheusText' | 'prometheusContentType' | 'recentCalls'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
}

/**
 * Shows a launcher to the web. Where the address cannot be had or the certificate cannot be used, that is logged and the
 * launcher goes on without: nodes are what matters.
 */
export async function serveLauncher(options: ServeOptions): Promise<AsyncDisposable> {
  const { config, launcher, store, telemetry, clock, random, log, version } = options;
  let isReady = false;
  void launcher.ready.then(() => {
    isReady = true;
  });
  try {
    return await startWebServer({
      config,
      store,
      caches: launcher.caches,
      clock,
      random,
      log,
      version,
      providerFacts: () =>
        launcher.providerFacts().map((facts) => ({ ...facts, calls: telemetry.recentCalls(facts.name) })),
      explain: explainer(options),
      plugins: [leaseApi(launcher.leases, (token) => limitsOf(config, token))],
      metrics: { text: () => telemetry.prometheusText(), contentType: telemetry.prometheusContentType },
      isReady: () => isReady,
    });
  } catch (error) {
    log.error({ error }, 'went on without the web server');
    return { [Symbol.asyncDispose]: async () => undefined };
  }
}

function limitsOf(config: ConfigSource, token: string): LeaseLimits {
  const { maxLeases, maxMachines } = config.current().webapp.tokens.find(({ name }) => name === token) ?? {};
  return { maxLeases, maxMachines };
}

/** Explains from what the launcher has in memory and has found out of its clouds. */
export function explainer({
  config,
  launcher,
  clock,
}: Pick<ServeOptions, 'config' | 'clock'> & {
  readonly launcher: Pick<Launcher, 'caches' | 'knowledgeOf'>;
}): Explain {
  return async (kind, name) => {
    const cloud = (provider: string) => launcher.knowledgeOf(provider);
    const snapshot = cachedSnapshot(launcher.caches, config.current(), clock.now(), cloud);
    const { because, remedies } = explainOne(kind, name, snapshot) ?? { because: [], remedies: [] };
    const [summary = `${kind} ${name} is gone`, ...reasons] = because;
    return { summary, reasons, remedies: [...remedies] };
  };
}
