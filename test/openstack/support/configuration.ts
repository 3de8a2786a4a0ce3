import type { Place } from './rig.js';

export interface Choices {
  readonly maxServers?: number;
  /** Seconds between requests. */
  readonly rate?: number;
  /** Generous by default: on a small machine Nova takes its time for a burst. */
  readonly bootTimeoutSec?: number;
  readonly launchRetries?: number;
  readonly minReady?: number;
  /** A further entry of `diskimages:`, which the label `built` boots. */
  readonly diskimage?: string;
}

/**
 * A `nodepool.yaml` for the test cloud. Label `small` boots `ready-made`, an image that the test puts there, `broken`
 * the same in the zone where no server ever runs, `built` the diskimage.
 */
export function configurationOf({ folder, port, sshPort, webPort }: Place, choices: Choices = {}): string {
  const { maxServers = 50, rate = 0.01, bootTimeoutSec = 400, launchRetries = 3, minReady = 0, diskimage } = choices;
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 10.0
webapp: {listen_address: 127.0.0.1, port: ${webPort}}
images-dir: ${folder}/images
build-log-dir: ${folder}/build-logs
labels:
  - {name: small, min-ready: ${minReady}}
  - {name: broken}
${diskimage === undefined ? '' : '  - {name: built}'}
diskimages: [${diskimage ?? ''}]
providers:
  - name: testcloud
    driver: openstack
    cloud: testcloud
    rate: ${rate}
    boot-timeout: ${bootTimeoutSec}
    launch-timeout: ${bootTimeoutSec}
    launch-retries: ${launchRetries}
    port-cleanup-interval: 30
    diskimages: [${diskimage === undefined ? '' : `{name: built, connection-port: ${sshPort}}`}]
    cloud-images: [{name: ready-made, connection-port: ${sshPort}}]
    pools:
      - name: main
        max-servers: ${maxServers}
        availability-zones: [az1]
        networks: [loopback]
        auto-floating-ip: false
        labels:
          - {name: small, cloud-image: ready-made, flavor-name: m1.tiny}
${diskimage === undefined ? '' : '          - {name: built, diskimage: built, min-ram: 400}'}
      - name: broken
        max-servers: ${maxServers}
        availability-zones: [broken]
        networks: [loopback]
        auto-floating-ip: false
        labels:
          - {name: broken, cloud-image: ready-made, flavor-name: m1.tiny}
`;
}
