import { join } from 'node:path';

export interface Place {
  /** Of the whole campaign; the daemons share its cloud. */
  readonly folder: string;
  /** The daemon's own name: what it keeps on disk is not shared. */
  readonly daemon: string;
  /** Ports of its ways to the servers. */
  readonly ports: readonly number[];
}

/** What a reload may change. */
export interface Knobs {
  readonly maxServers: number;
  readonly minReady: number;
}

export const usualKnobs: Knobs = { maxServers: 14, minReady: 2 };

/** Ready nodes of each label that there must be in the end. */
export const stock = { small: usualKnobs.minReady };

export const labels: readonly string[] = ['small', 'large'];

export const cloudDir = (folder: string): string => join(folder, 'cloud');

/**
 * One call in twenty fails, one way or another. Instances run, and go, as soon as the cloud says so: their times are
 * kept by the clock of the process that asked, and clocks jump here. What is slow is the launch call.
 */
function provider(name: string, folder: string, slowestMs: number, maxServers: number): string {
  return `
  - name: ${name}
    driver: fake
    cloud: none
    launch-timeout: 40
    boot-timeout: 20
    fake:
      state-dir: ${cloudDir(folder)}
      launch-ms: {min: 0, max: ${slowestMs}}
      upload-ms: {min: 0, max: 1500}
      launch-failure: 0.02
      boot-failure: 0.02
      capacity-failure: 0.01
      delete-failure: 0.05
      upload-failure: 0.05
      quota: {instances: 30}
    diskimages: [{name: plain}]
    cloud-images: [{name: ready-made}]
    pools:
      - name: main
        max-servers: ${maxServers}
        labels:
          - {name: small, diskimage: plain, flavor-name: any}
          - {name: large, cloud-image: ready-made, flavor-name: any}`;
}

/** Every daemon carries the same labels, providers and images. */
export function configuration({ folder, daemon, ports }: Place, { maxServers, minReady }: Knobs): string {
  const servers = ports.map((port) => `{host: 127.0.0.1, port: ${port}}`).join(', ');
  return `
zookeeper-servers: [${servers}]
zookeeper-timeout: 4.0
images-dir: ${folder}/${daemon}/images
build-log-dir: ${folder}/${daemon}/build-logs
labels: [{name: small, min-ready: ${minReady}}, {name: large}]
diskimages:
  - name: plain
    dib-cmd: ${folder}/fake-image-create
    rebuild-age: 20
providers:${provider('cloud-a', folder, 500, maxServers)}${provider('cloud-b', folder, 6_000, maxServers)}
`;
}
