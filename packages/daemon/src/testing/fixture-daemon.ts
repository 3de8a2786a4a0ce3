// A daemon that does nothing but live, for the tests of what all daemons share. FIXTURE_PROGRAM says which it plays;
// FIXTURE_FAIL makes its main fail.
import { once } from 'node:events';
import { runDaemon } from '../process/run-daemon.js';

process.exit(
  await runDaemon({
    program: process.env['FIXTURE_PROGRAM'] === 'nodepool-builder' ? 'nodepool-builder' : 'nodepool-launcher',
    version: '1.2.3',
    pidFileWaitMs: 200,
    main: async ({ log, options, signal, host, onDump, onTerminate }) => {
      if (process.env['FIXTURE_FAIL'] !== undefined) throw new Error('no configuration');
      onDump(() => ({ workers: 3 }));
      onTerminate(() => log.info({}, 'said farewell'));
      log.info({ cwd: process.cwd(), config: options.configPath, host: host.hostname }, 'started fixture');
      // Something must keep the process alive, as connections do in a real daemon.
      const alive = setInterval(() => undefined, 60_000);
      if (!signal.aborted) await once(signal, 'abort');
      clearInterval(alive);
    },
  }),
);
