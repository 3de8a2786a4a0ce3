import type { Clock, Logger, Random } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import type { Telemetry } from '@nodepool/telemetry';
import { startWebServer } from '@nodepool/web';
import type { ConfigSource, Launcher } from './launcher.js';

export interface ServeOptions {
  readonly config: ConfigSource;
  readonly launcher: Launcher;
  readonly store: Store;
  readonly telemetry: Pick<Telemetry, 'prometheusText' | 'prometheusContentType'>;
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
      providerFacts: () => launcher.providerFacts(),
      metrics: { text: () => telemetry.prometheusText(), contentType: telemetry.prometheusContentType },
      isReady: () => isReady,
    });
  } catch (error) {
    log.error({ error }, 'went on without the web server');
    return { [Symbol.asyncDispose]: async () => undefined };
  }
}
