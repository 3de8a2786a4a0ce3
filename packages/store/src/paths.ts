import type { ComponentKind } from '@nodepool/model';
import type { BuildKey, UploadKey } from './types.js';

export const treeRoot = '/nodepool';

/** Where everything lives. Source: docs/compatibility/zookeeper.md section 2. */
export const roots = {
  images: '/nodepool/images',
  nodes: '/nodepool/nodes',
  requests: '/nodepool/requests',
  requestLocks: '/nodepool/requests-lock',
  components: '/nodepool/components',
  // Ours; the Python programs neither read nor write these.
  imageHistory: '/nodepool/image-history',
  builderStatus: '/nodepool/builder-status',
  leases: '/nodepool/leases',
} as const;

export const heldBackName = 'held-back';

/** Name of the child that holds contenders; skipped wherever records are listed. */
export const lockName = 'lock';

export const nodePath = (id: string): string => `${roots.nodes}/${id}`;
export const nodeLockPath = (id: string): string => `${roots.nodes}/${id}/${lockName}`;

export const requestPath = (id: string): string => `${roots.requests}/${id}`;
export const requestLockPath = (id: string): string => `${roots.requestLocks}/${id}`;

export const imagePath = (image: string): string => `${roots.images}/${image}`;
export const pausePath = (image: string): string => `${imagePath(image)}/pause`;
export const requestBuildPath = (image: string): string => `${imagePath(image)}/request-build`;
/** Ours. A single znode beside `pause`: the Python cache takes anything two levels below the image for a build. */
export const heldBackPath = (image: string): string => `${imagePath(image)}/${heldBackName}`;
export const buildsPath = (image: string): string => `${imagePath(image)}/builds`;
export const imageLockPath = (image: string): string => `${buildsPath(image)}/${lockName}`;

export const buildPath = ({ image, buildId }: BuildKey): string => `${buildsPath(image)}/${buildId}`;
export const buildLockPath = (key: BuildKey): string => `${buildPath(key)}/${lockName}`;
export const providersPath = (key: BuildKey): string => `${buildPath(key)}/providers`;
export const providerPath = (key: BuildKey & { readonly provider: string }): string =>
  `${providersPath(key)}/${key.provider}`;
export const uploadsPath = (key: BuildKey & { readonly provider: string }): string => `${providerPath(key)}/images`;
export const uploadsLockPath = (key: BuildKey & { readonly provider: string }): string =>
  `${uploadsPath(key)}/${lockName}`;
export const uploadPath = (key: UploadKey): string => `${uploadsPath(key)}/${key.uploadId}`;
export const uploadLockPath = (key: UploadKey): string => `${uploadPath(key)}/${lockName}`;

export const historyPath = (image: string): string => `${roots.imageHistory}/${image}`;
export const builderStatusPath = (builderId: string): string => `${roots.builderStatus}/${builderId}`;

export const leasePath = (id: string): string => `${roots.leases}/${id}`;

export const componentsPath = (kind: ComponentKind): string => `${roots.components}/${kind}`;
/** Names may hold anything, a label's slash for instance. */
export const electionPath = (name: string): string => `/nodepool/elections/${encodeURIComponent(name)}`;

/** The last name of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** True for a text that can name one znode; what a person typed may hold anything. */
export function isZnodeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && name !== lockName && !/[/\0]/.test(name);
}

/** What a path at or below {@link roots}.nodes is about: a node, its lock, one that wants the lock, or none of these. */
export type NodePart = 'record' | 'lock' | 'contender' | 'other';

const nodesPrefix = `${roots.nodes}/`;

/** Asked several times for each event of the tree, and so without a list of names. */
export function nodePartOf(path: string): NodePart {
  const slash = path.indexOf('/', nodesPrefix.length);
  if (slash < 0) return 'record';
  const end = slash + 1 + lockName.length;
  if (!path.startsWith(lockName, slash + 1)) return 'other';
  if (path.length === end) return 'lock';
  return path[end] === '/' && !path.includes('/', end + 1) ? 'contender' : 'other';
}

/** Id of the node that a path below {@link roots}.nodes belongs to; '' for the root. */
export function nodeIdOf(path: string): string {
  const slash = path.indexOf('/', nodesPrefix.length);
  return slash < 0 ? path.slice(nodesPrefix.length) : path.slice(nodesPrefix.length, slash);
}

/** What a path below {@link roots}.images is about. */
export type ImagePlace =
  | { readonly kind: 'image'; readonly image: string }
  | { readonly kind: 'pause' | 'request-build' | 'held-back'; readonly image: string }
  | { readonly kind: 'build'; readonly image: string; readonly buildId: string }
  | {
      readonly kind: 'upload';
      readonly image: string;
      readonly buildId: string;
      readonly provider: string;
      readonly uploadId: string;
    };

/** Undefined for structure, locks and contenders. */
export function parseImagePath(path: string): ImagePlace | undefined {
  if (!path.startsWith(`${roots.images}/`)) return undefined;
  const [image, first, buildId, providers, provider, images, uploadId, ...rest] = path
    .slice(roots.images.length + 1)
    .split('/');
  if (image === undefined || image === '' || rest.length > 0) return undefined;
  if (first === undefined) return { kind: 'image', image };
  if (buildId === undefined) return isFlag(first) ? { kind: first, image } : undefined;
  if (first !== 'builds' || buildId === lockName) return undefined;
  if (providers === undefined) return { kind: 'build', image, buildId };
  if (providers !== 'providers' || provider === undefined || images !== 'images') return undefined;
  if (uploadId === undefined || uploadId === lockName) return undefined;
  return { kind: 'upload', image, buildId, provider, uploadId };
}

function isFlag(name: string): name is 'pause' | 'request-build' | typeof heldBackName {
  return name === 'pause' || name === 'request-build' || name === heldBackName;
}
