import { defineConfig } from 'vitest/config';

const shared = {
  resolve: { conditions: ['@nodepool/source'] },
  ssr: { resolve: { conditions: ['@nodepool/source'] } },
};

/**
 * `unit` needs nothing but node; `integration` starts real services; `interop` runs a launcher beside Python programs;
 * `e2e` runs whole daemons; `browser` has a real one look at what they serve.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'drivers/**/*.test.ts', 'script/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.integration.test.ts'],
          setupFiles: 'test/support/property-seed.ts',
          testTimeout: 30_000,
          isolate: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          include: ['packages/**/*.integration.test.ts', 'drivers/**/*.integration.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          setupFiles: 'test/support/property-seed.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'openstack',
          include: ['test/openstack/**/*.test.ts'],
          globalSetup: 'test/openstack/support/global-setup.ts',
          testTimeout: 900_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
