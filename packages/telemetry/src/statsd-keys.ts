import type { MetricLabels } from '@nodepool/runtime';

/** The keys, without the prefix `nodepool.`, under which one measurement is sent. */
export type StatsdKeys = (labels: MetricLabels, host: string) => readonly string[];

/**
 * Keys of the Python original by the name of our metric. What is not listed is not sent to statsd.
 *
 * Source: docs/compatibility/interfaces.md sections 4.1 and 4.2.
 */
export const statsdKeys: Readonly<Record<string, StatsdKeys>> = {
  dib_image_build_size_bytes: ({ image, format }) => [`dib_image_build.${image}.${format}.size`],
  dib_image_build_status_rc: ({ image }) => [`dib_image_build.${image}.status.rc`],
  dib_image_build_duration_seconds: ({ image }) => [`dib_image_build.${image}.status.duration`],
  dib_image_build_last_build_timestamp_seconds: ({ image }) => [`dib_image_build.${image}.status.last_build`],
  image_update_duration_seconds: ({ image, provider }) => [`image_update.${image}.${provider}`],
  image_build_requests: () => ['image_build_requests'],
  image_build_requested: ({ image }) => [`image.${image}.image_build_requests`],
  builder_build_state: ({ builder, image }) => [`builder.${builder}.image.${image}.build.state`],
  builder_upload_state: ({ builder, image, provider }) => [
    `builder.${builder}.image.${image}.provider.${provider}.upload.state`,
  ],
  builder_current_builds: (_, host) => [`builder.${host}.current_builds`],
  builder_current_uploads: (_, host) => [`builder.${host}.current_uploads`],
  builder_build_workers: (_, host) => [`builder.${host}.build_workers`],
  builder_upload_workers: (_, host) => [`builder.${host}.upload_workers`],
  nodes: ({ state }) => [`nodes.${state}`],
  label_nodes: ({ label, state }) => [`label.${label}.nodes.${state}`],
  provider_nodes: ({ provider, state }) => [`provider.${provider}.nodes.${state}`],
  pool_addressable_requests: ({ provider, pool }) => [`provider.${provider}.pool.${pool}.addressable_requests`],
  provider_max_servers: ({ provider }) => [`provider.${provider}.max_servers`],
  tenant_limit: ({ tenant, resource }) => [`tenant_limits.${escaped(tenant)}.${escaped(resource)}`],
  launch_seconds: launchKeys,
  provider_leaked_total: ({ provider, kind }) => [`provider.${provider}.leaked.${kind}`],
  zookeeper_requests_waiting: (_, host) => [`launcher.${host}.zk.client.connection_queue`],
  cache_events_waiting: ({ cache }, host) => [`launcher.${host}.zk.${cache}_cache.event_queue`],
  cache_playback_waiting: ({ cache }, host) => [`launcher.${host}.zk.${cache}_cache.playback_queue`],
};

/**
 * Metrics of which statsd is told twice: a time and a count. The others that are times are times only.
 */
export const alsoCounted: ReadonlySet<string> = new Set(['launch_seconds', 'image_update_duration_seconds']);

function launchKeys({ provider, az, requestor, result }: MetricLabels): readonly string[] {
  return [
    `launch.${result}`,
    `launch.provider.${provider}.${result}`,
    ...(az === undefined || az === '' ? [] : [`launch.provider.${provider}.${az}.${result}`]),
    ...(requestor === undefined || requestor === '' ? [] : [`launch.requestor.${escaped(requestor)}.${result}`]),
  ];
}

/** Names in which a dot or a colon would end the key. */
function escaped(name = ''): string {
  return name.replaceAll(/[.:]/g, '_');
}
