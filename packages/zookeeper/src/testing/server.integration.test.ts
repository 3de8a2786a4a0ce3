import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { serverRole, startZooKeeper } from './index.js';

describe('startZooKeeper', () => {
  it('runs a server, ends it and removes its files', async () => {
    const server = await startZooKeeper();
    const role = await serverRole(server.port);

    await server.stop();

    expect(role).toBe('standalone');
    expect(server.pid).toBeUndefined();
    expect(await serverRole(server.port)).toBeUndefined();
    expect(existsSync(server.dataDir)).toBe(false);
  });

  it('comes back on the same port after being killed', async () => {
    await using server = await startZooKeeper();
    const { port } = server;

    await server.kill();
    const whileDown = await serverRole(port);
    await server.start();

    expect(whileDown).toBeUndefined();
    expect(await serverRole(port)).toBe('standalone');
  });
});
