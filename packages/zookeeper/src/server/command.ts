import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian puts the jars. */
const javaHome = '/usr/share/java';
const plainJars = ['zookeeper', 'zookeeper-jute', 'slf4j-api', 'slf4j-simple'];
const tlsJars = [
  'netty-buffer',
  'netty-codec',
  'netty-common',
  'netty-handler',
  'netty-resolver',
  'netty-transport',
  'netty-transport-native-epoll',
  'netty-transport-native-unix-common',
];

export interface ServerCommandOptions {
  readonly configFile: string;
  readonly heapMiB: number;
  /** Whether the server listens with TLS. */
  readonly tls?: boolean;
  /** Greatest request and answer, bytes. */
  readonly maxFrameBytes?: number;
  /** Writes to the disk before answering; true unless given. */
  readonly forceSync?: boolean;
  /** False spares the compiler for servers that live for seconds; true unless given. */
  readonly optimise?: boolean;
}

/** Whether Debian's `zookeeper` package is there. */
export function isServerInstalled(): boolean {
  return existsSync(join(javaHome, 'zookeeper.jar'));
}

/** Program and arguments that run a server from Debian's packages, without its init scripts. */
export function serverCommand(options: ServerCommandOptions): { readonly program: string; readonly args: string[] } {
  const jars = options.tls === true ? [...plainJars, ...tlsJars] : plainJars;
  const args = [
    `-Xmx${options.heapMiB}m`,
    '-XX:+UseSerialGC',
    ...(options.optimise === false ? ['-XX:TieredStopAtLevel=1'] : []),
    `-Dzookeeper.forceSync=${options.forceSync === false ? 'no' : 'yes'}`,
    '-Dzookeeper.extendedTypesEnabled=true',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    ...(options.maxFrameBytes === undefined ? [] : [`-Djute.maxbuffer=${options.maxFrameBytes}`]),
    '-cp',
    jars.map((jar) => join(javaHome, `${jar}.jar`)).join(':'),
    'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    options.configFile,
  ];
  return { program: 'java', args };
}
