import type { LaunchSpec, OpenStackLikeLabel, OpenStackLikePool } from '@nodepool/driver-api';
import type { JsonObject } from '@nodepool/model';

/** What the names of a configuration stand for in the cloud. */
export interface ResolvedNames {
  readonly flavorId: string;
  readonly imageId: string;
  /** Empty leaves the choice to the cloud. */
  readonly networkIds: readonly string[];
}

/**
 * The request that creates a server.
 *
 * Source: https://docs.openstack.org/api-ref/compute/#create-server, docs/compatibility/launcher.md section 7.
 */
export function createBody(
  spec: LaunchSpec,
  providerName: string,
  pool: OpenStackLikePool,
  label: OpenStackLikeLabel,
  { flavorId, imageId, networkIds }: ResolvedNames,
): JsonObject {
  return {
    server: {
      name: spec.hostname,
      flavorRef: flavorId,
      ...bootSource(label, imageId),
      metadata: serverMetadata(spec, providerName, label),
      min_count: 1,
      max_count: 1,
      ...(label.keyName !== undefined && { key_name: label.keyName }),
      ...(spec.az !== undefined && { availability_zone: spec.az }),
      // False would forbid it where the cloud's default is to attach one.
      ...(spec.image.config.configDrive === true && { config_drive: true }),
      ...(label.userdata !== undefined && { user_data: Buffer.from(label.userdata).toString('base64') }),
      ...(networkIds.length > 0 && { networks: networkIds.map((uuid) => ({ uuid })) }),
      ...(pool.securityGroups.length > 0 && { security_groups: pool.securityGroups.map((name) => ({ name })) }),
    },
  };
}

function bootSource(label: OpenStackLikeLabel, imageId: string): JsonObject {
  if (!label.bootFromVolume) return { imageRef: imageId };
  const volume = {
    boot_index: 0,
    uuid: imageId,
    source_type: 'image',
    destination_type: 'volume',
    volume_size: label.volumeSizeGb,
    delete_on_termination: true,
  };
  return { imageRef: '', block_device_mapping_v2: [volume] };
}

/** `groups` makes groups in inventories of Ansible; properties of the label may replace it, Nodepool's own keys win. */
function serverMetadata(
  { image, tags }: LaunchSpec,
  providerName: string,
  label: OpenStackLikeLabel,
): Readonly<Record<string, string>> {
  return { groups: [providerName, image.config.name, label.name].join(','), ...tags };
}
