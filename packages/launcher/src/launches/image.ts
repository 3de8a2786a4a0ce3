import { type LaunchImage, type PoolLabel, type ProviderConfig, ProviderError } from '@nodepool/driver-api';
import type { Node } from '@nodepool/model';
import type { ImageCache } from '@nodepool/store';

/** What a node takes over from the image that it is launched from. */
export type ImageFields = Pick<
  Node,
  'imageId' | 'username' | 'pythonPath' | 'shellType' | 'connectionType' | 'connectionPort'
>;

export interface ChosenImage {
  readonly image: LaunchImage;
  readonly fields: ImageFields;
}

/**
 * The image for a label: the newest ready upload, or the configured image of the cloud.
 *
 * @throws ProviderError `launch-failed` when there is none.
 */
export function chooseImage(
  config: Pick<ProviderConfig, 'name' | 'diskimages' | 'cloudImages'>,
  label: PoolLabel,
  images: Pick<ImageCache, 'currentUpload'>,
): ChosenImage {
  const chosen = label.diskimage === undefined ? cloudImage(config, label) : diskimage(config, label.diskimage, images);
  if (chosen === undefined) {
    throw new ProviderError('launch-failed', `no image is ready for label ${label.name} in ${config.name}`);
  }
  return chosen;
}

function cloudImage(config: Pick<ProviderConfig, 'cloudImages'>, label: PoolLabel): ChosenImage | undefined {
  const image = config.cloudImages.find(({ name }) => name === label.cloudImage);
  if (image === undefined) return undefined;
  const { name, username, pythonPath, shellType, connectionType, connectionPort } = image;
  return {
    image: { kind: 'cloud-image', config: image },
    fields: { imageId: name, username, pythonPath, shellType, connectionType, connectionPort },
  };
}

function diskimage(
  config: Pick<ProviderConfig, 'name' | 'diskimages'>,
  name: string,
  images: Pick<ImageCache, 'currentUpload'>,
): ChosenImage | undefined {
  const image = config.diskimages.find((each) => each.name === name);
  const upload = images.currentUpload(name, config.name)?.record;
  if (image === undefined || upload === undefined || upload.externalId === null) return undefined;
  return {
    image: { kind: 'diskimage', externalId: upload.externalId, config: image, username: upload.username },
    fields: {
      imageId: uploadPath(upload),
      username: upload.username,
      pythonPath: upload.pythonPath,
      shellType: upload.shellType,
      connectionType: image.connectionType,
      connectionPort: image.connectionPort,
    },
  };
}

/** Stored in `image_id`: the path of the upload record. Source: docs/compatibility/zookeeper.md section 4. */
function uploadPath(upload: {
  readonly image: string;
  readonly buildId: string;
  readonly provider: string;
  readonly id: string;
}): string {
  const { image, buildId, provider, id } = upload;
  return `/nodepool/images/${image}/builds/${buildId}/providers/${provider}/images/${id}`;
}
