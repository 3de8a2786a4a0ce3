import { openStackLikeKeys, seconds, text, toOpenStackLike } from '@nodepool/driver-api';
import { z } from 'zod';
import type { Latency } from './chance.js';

const milliseconds = z.union([
  z.number().nonnegative(),
  z
    .strictObject({
      min: z.number().nonnegative().meta({ description: 'Shortest time, milliseconds.' }),
      max: z.number().nonnegative().meta({ description: 'Longest time, milliseconds.' }),
    })
    .refine(({ min, max }) => min <= max, 'min must not be above max'),
]);

const rate = z.number().min(0).max(1).default(0);

const Flavor = z.strictObject({
  cores: z.int().nonnegative().meta({ description: 'Cores of an instance.' }),
  ram: z.int().nonnegative().meta({ description: 'Memory of an instance, MiB.' }),
});

const FakeSection = z.strictObject({
  'launch-ms': milliseconds
    .default(0)
    .meta({ description: 'Time until the cloud accepts a launch, milliseconds: a number, or min and max.' }),
  'boot-ms': milliseconds
    .default(0)
    .meta({ description: 'Time from the acceptance of a launch to a running instance, milliseconds.' }),
  'delete-ms': milliseconds
    .default(0)
    .meta({ description: 'Time from the acceptance of a deletion until the instance is gone, milliseconds.' }),
  'upload-ms': milliseconds.default(0).meta({ description: 'Time that an upload takes, milliseconds.' }),
  'launch-failure': rate.meta({ description: 'Share of launches that the cloud refuses, 0 to 1.' }),
  'boot-failure': rate.meta({ description: 'Share of instances that end in an error instead of running.' }),
  'delete-failure': rate.meta({ description: 'Share of deletions that fail and must be asked for again.' }),
  'upload-failure': rate.meta({ description: 'Share of uploads that fail at their end.' }),
  'capacity-failure': rate.meta({ description: 'Share of launches for which the cloud says that it is full.' }),
  'quota-failure': rate.meta({ description: 'Share of launches for which the cloud says that a quota is used up.' }),
  quota: z.record(z.string(), z.number().nonnegative()).default({}).meta({
    description: 'Quota of the account: instances, cores, ram (MiB), volumes, volume-gb; absent is unlimited.',
  }),
  flavors: z
    .record(z.string(), Flavor)
    .default({})
    .meta({ description: 'Flavors by name. When there are none, every label gets 4 cores and 8192 MiB.' }),
  'availability-zones': z
    .array(text)
    .default([])
    .meta({ description: 'Zones of the cloud; others are refused. When there are none, any zone is accepted.' }),
  'state-dir': text.optional().meta({
    description: 'Directory that holds the cloud, shared by every process that names it; in memory when absent.',
  }),
  'image-format': text.default('qcow2').meta({ description: 'Format of the images that the cloud takes.' }),
});

/** Schema of a provider with `driver: fake`. */
export const configSchema = z
  .strictObject({
    driver: z.literal('fake').meta({ description: 'The cloud inside the process.' }),
    ...openStackLikeKeys,
    cloud: text.default('fake').meta({ description: 'Shown as the cloud of the nodes; no profile is looked for.' }),
    rate: openStackLikeKeys.rate
      .prefault(0)
      .meta({ description: 'Least seconds between two calls; 0, the default here, is unlimited.' }),
    'boot-timeout': seconds
      .default(60)
      .meta({ description: 'Seconds for the host check, which passes at once for the addresses of this cloud.' }),
    fake: FakeSection.prefault({}).meta({ description: 'How the cloud behaves.' }),
  })
  .transform(({ fake, ...keys }) => ({ ...toOpenStackLike(keys), fake: toFake(fake) }));

export type FakeProviderConfig = z.output<typeof configSchema>;

/** Shares of calls that fail, 0 to 1. */
export interface FailureRates {
  readonly launch: number;
  readonly boot: number;
  readonly delete: number;
  readonly upload: number;
  readonly capacity: number;
  readonly quota: number;
}

function toFake(section: z.output<typeof FakeSection>) {
  const failures: FailureRates = {
    launch: section['launch-failure'],
    boot: section['boot-failure'],
    delete: section['delete-failure'],
    upload: section['upload-failure'],
    capacity: section['capacity-failure'],
    quota: section['quota-failure'],
  };
  return {
    launchTime: toLatency(section['launch-ms']),
    bootTime: toLatency(section['boot-ms']),
    deleteTime: toLatency(section['delete-ms']),
    uploadTime: toLatency(section['upload-ms']),
    failures,
    quota: section.quota,
    flavors: section.flavors,
    availabilityZones: section['availability-zones'],
    stateDir: section['state-dir'],
    imageFormat: section['image-format'],
  };
}

function toLatency(value: z.output<typeof milliseconds>): Latency {
  return typeof value === 'number' ? { minMs: value, maxMs: value } : { minMs: value.min, maxMs: value.max };
}
