export { type DaemonOptions, type DaemonProgram, parseDaemonOptions } from './daemon-options.js';
export { type HostIdentity, hostIdentity } from './host-identity.js';
export { expandPath, type PathBase } from './paths.js';
export { type PidFile, type PidFileOptions, takePidFile } from './pid-file.js';
export { type DaemonContext, type DaemonSpec, runDaemon } from './run-daemon.js';
export { handleSignals, type SignalOptions, type SignalSource } from './signals.js';
export { type ChangeableLogger, StateDumps } from './state-dumps.js';
