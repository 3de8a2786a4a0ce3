import type { Config } from '@nodepool/config';
import type { DataDir } from './data-dir.js';

/** What config.md gives as the default of `build-log-dir`: a folder of the machine, not of one data directory. */
const machineBuildLogDir = '/var/log/nodepool/builds';

/** The configuration with everything that it leaves open placed in the data directory. */
export function withDataDir(config: Config, dataDir: DataDir, ownPort: number | undefined): Config {
  return {
    ...config,
    imagesDir: config.imagesDir ?? dataDir.imagesDir,
    buildLogDir: config.buildLogDir === machineBuildLogDir ? dataDir.buildLogDir : config.buildLogDir,
    zookeeper:
      ownPort === undefined
        ? config.zookeeper
        : { ...config.zookeeper, servers: [`127.0.0.1:${ownPort}`], tls: undefined },
  };
}
