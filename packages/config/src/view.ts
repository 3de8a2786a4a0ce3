import { z } from 'zod';

/**
 * What the rules look at: the file as written, less everything that is not of the expected kind. It exists even when the
 * file has errors, so that one run finds as many of them as possible. Positions in lists are those of the file.
 */
const text = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const textRecord = z.record(z.string(), z.unknown().optional()).optional().catch(undefined);

function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).default([]).catch([]);
}

function mapping<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape);
}

/** A list whose entries are mappings; anything else in it becomes an empty one. */
function entries<Shape extends z.ZodRawShape>(shape: Shape) {
  const item = mapping(shape);
  return list(item.catch(() => item.parse({})));
}

const anything = z.unknown().optional();
const gate = z
  .union([z.literal(false), mapping({ label: text, pool: text })])
  .optional()
  .catch(undefined);
const texts = list(text);

const poolLabel = {
  name: text,
  diskimage: text,
  'cloud-image': text,
  'dynamic-instance-properties': textRecord,
  'dynamic-tags': textRecord,
  'dynamic-labels': textRecord,
};

const provider = {
  name: text,
  driver: text,
  cloud: text,
  'region-name': text,
  'max-concurrency': number,
  'image-name-format': text,
  'clean-floating-ips': flag,
  'port-cleanup-interval': number,
  'nodepool-id': anything,
  diskimages: entries({ name: text, pause: flag, paused: flag, validate: gate }),
  'cloud-images': entries({ name: text }),
  pools: entries({
    name: text,
    labels: entries(poolLabel),
    nodes: entries({
      labels: z
        .union([z.string(), z.array(text)])
        .optional()
        .catch(undefined),
    }),
  }),
};

const FileView = mapping({
  'zookeeper-servers': entries({ host: text, chroot: text }),
  'zookeeper-tls': mapping({ cert: anything, key: anything, ca: anything }).optional().catch(undefined),
  labels: entries({ name: text, 'min-ready': number }),
  diskimages: entries({
    name: text,
    abstract: flag,
    parent: text,
    formats: texts,
    'keep-formats': texts,
    'delete-after-upload': flag,
    release: anything,
    pause: flag,
    paused: flag,
    validate: gate,
  }),
  providers: entries(provider),
  'tenant-resource-limits': entries({ 'tenant-name': text }),
});

const SecureView = mapping({
  'zookeeper-servers': entries({ host: text, chroot: text }),
  'zookeeper-tls': mapping({ cert: anything, key: anything, ca: anything }).optional().catch(undefined),
  diskimages: entries({ name: text }),
});

export type FileView = z.output<typeof FileView>;
export type SecureView = z.output<typeof SecureView>;
export type ProviderView = FileView['providers'][number];
export type PoolView = ProviderView['pools'][number];
export type LabelView = PoolView['labels'][number];
export type DiskimageView = FileView['diskimages'][number];

/** Never fails: a mapping of any content has a view. */
export function viewFile(data: Readonly<Record<string, unknown>>): FileView {
  return FileView.parse(data);
}

/** The same for the secure file. */
export function viewSecureFile(data: Readonly<Record<string, unknown>>): SecureView {
  return SecureView.parse(data);
}
