import { defineDriver } from '@nodepool/driver-api';
import { configSchema } from './config.js';

export type { AcceleratorChoice, ImageFormat, QemuLabel, QemuPool, QemuProviderConfig } from './config.js';

/** Real virtual machines on this machine, by qemu. */
export const qemu = defineDriver({
  name: 'qemu',
  configSchema,
  load: async () => (await import('./provider.js')).createProvider,
});
