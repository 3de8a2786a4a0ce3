export { declareLauncherMetrics } from './declare-metrics.js';
export { type LauncherError, launcherErrorCodes } from './errors.js';
export { type HostCheckError, hostCheckErrorCodes } from './host-check/errors.js';
export {
  type ConfigSource,
  type Launcher,
  type LauncherOptions,
  startLauncher,
} from './launcher.js';
export type { LauncherState } from './launcher-state.js';
export type { ProviderSource } from './providers/provider-set.js';
export { type ServeOptions, serveLauncher } from './serve.js';
