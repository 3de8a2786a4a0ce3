import type { Driver, ProviderConfig } from '@nodepool/driver-api';
import { z } from 'zod';
import { CommonProvider } from './common-provider.js';

/** What is needed of a driver to read its part of the configuration. */
export type ConfigDriver = Pick<Driver, 'name' | 'configSchema'>;

/** An entry of `providers`, read by its driver or, when there is none, in its common part. */
export type ParsedProvider =
  | { readonly kind: 'available'; readonly config: ProviderConfig }
  | { readonly kind: 'unavailable'; readonly name: string; readonly driver: string };

/** Drivers of the original that a release may lack. Source: docs/compatibility/config.md section 5. */
export const knownDrivers: readonly string[] = [
  'aws',
  'azure',
  'gce',
  'ibmvpc',
  'kubernetes',
  'metastatic',
  'openshift',
  'openshiftpods',
  'openstack',
  'static',
];

export const defaultDriver = 'openstack';

export interface ProviderSchemas {
  /** Schema of one entry; picks the driver's by the value of `driver`. */
  readonly entry: z.ZodType<ParsedProvider>;
  /** The schema that `entry` applies to this value, to look up what it allows. */
  schemaOf(value: unknown): z.ZodType;
}

/** Makes the schema of an entry of `providers`, which depends on the drivers at hand. */
export function providerSchemas(drivers: readonly ConfigDriver[]): ProviderSchemas {
  const byName = new Map(drivers.map((driver) => [driver.name, driver.configSchema]));
  const schemaOf = (value: unknown): z.ZodType => byName.get(driverOf(value)) ?? CommonProvider;
  const entry = z.unknown().transform((value, context): ParsedProvider => {
    const own = byName.get(driverOf(value));
    const result = own === undefined ? CommonProvider.safeParse(value) : own.safeParse(withDriver(value));
    if (!result.success) {
      context.issues.push(...result.error.issues.map((issue) => ({ ...issue, input: undefined })));
      return z.NEVER;
    }
    if ('pools' in result.data) return { kind: 'available', config: result.data };
    return { kind: 'unavailable', ...result.data };
  });
  return { entry, schemaOf };
}

/** The driver that an entry names, or the default. */
export function driverOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'driver' in value && typeof value.driver === 'string') {
    return value.driver;
  }
  return defaultDriver;
}

function withDriver(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? { ...value, driver: driverOf(value) } : value;
}
