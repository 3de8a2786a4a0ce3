import { describe, expect, it } from 'vitest';
import { loadConfig } from './load.js';
import { findingsOf, inMemory } from './testing/index.js';

const main = 'zookeeper-servers: [{host: localhost}]\n';
const hash = `sha256:${'0'.repeat(64)}`;

describe('webapp', () => {
  it('takes tokens from the secure file', async () => {
    const secure = `webapp: {tokens: [{name: ci, hash: "${hash}", scopes: [lease]}]}\n`;

    const { config } = await loadConfig(inMemory({ main, secure }));

    expect(config.webapp.tokens).toEqual([{ name: 'ci', sha256: '0'.repeat(64), scopes: ['lease'] }]);
  });

  it('takes limits of leases with a token', async () => {
    const token = `{name: ci, hash: "${hash}", scopes: [lease], max-leases: 2, max-machines: 5}`;

    const { config } = await loadConfig(inMemory({ main, secure: `webapp: {tokens: [${token}]}\n` }));

    expect(config.webapp.tokens).toMatchObject([{ maxLeases: 2, maxMachines: 5 }]);
  });

  it('takes certificate and read access from the main file', async () => {
    const webapp = 'webapp: {read-access: token, tls: {cert: /c.pem, key: /k.pem}}\n';

    const { config } = await loadConfig(inMemory({ main: main + webapp }));

    expect(config.webapp).toMatchObject({ readAccess: 'token', tls: { cert: '/c.pem', key: '/k.pem' } });
  });

  it.each([
    ['a token in place of its hash', '{name: ci, hash: npt_secret, scopes: [read]}', 'not a hash'],
    ['a scope that does not exist', `{name: ci, hash: "${hash}", scopes: [root]}`, 'webapp.tokens[0].scopes[0]'],
    ['no scope', `{name: ci, hash: "${hash}", scopes: []}`, 'webapp.tokens[0].scopes'],
    [
      'two tokens of one name',
      `{name: ci, hash: "${hash}", scopes: [read]}, {name: ci, hash: "${hash}", scopes: [read]}`,
      'two tokens have the same name',
    ],
  ])('refuses %s, and shows no value', async (_what, tokens, told) => {
    const findings = await findingsOf({ main, secure: `webapp: {tokens: [${tokens}]}\n` });

    expect(findings.join('\n')).toContain(told);
    expect(findings.join('\n')).not.toContain('npt_secret');
  });
});
