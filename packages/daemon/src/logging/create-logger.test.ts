import type { LogFields } from '@nodepool/runtime';
import { NodepoolError, Secret } from '@nodepool/runtime';
import { FakeClock } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { createLogger } from './create-logger.js';
import { defaultPlan, type LogHandler, type LogPlan } from './log-plan.js';

const noon = new Date(2026, 10, 22, 12, 34, 56, 78).getTime();

function collect(plan: LogPlan, name?: string) {
  const text = new Map<string, string>();
  const log = createLogger({
    plan,
    clock: new FakeClock(noon),
    ...(name !== undefined && { name }),
    openSink: (handler: LogHandler) => {
      const key = handler.target.kind === 'file' ? handler.target.path : handler.target.kind;
      return {
        write: (line) => void text.set(key, (text.get(key) ?? '') + line),
        flush: () => undefined,
        [Symbol.dispose]: () => undefined,
      };
    },
  });
  return { log, text: (key = 'stdout') => text.get(key) ?? '' };
}

function classic(fields: LogFields, message = 'launched node'): string {
  const { log, text } = collect(defaultPlan('foreground', {}), 'nodepool.PoolWorker.cloud-a-main');
  log.info(fields, message);
  return text();
}

const prefix = '2026-11-22 12:34:56,078 INFO nodepool.PoolWorker.cloud-a-main: ';

describe('the classic line', () => {
  it.each<[string, LogFields, string]>([
    ['the message', {}, 'launched node'],
    ['other fields behind it', { provider: 'cloud-a', attempt: 2 }, 'launched node provider=cloud-a attempt=2'],
    ['text that is no word in quotes', { reason: 'no room', empty: '' }, 'launched node reason="no room" empty=""'],
    ['data as JSON', { zones: ['a', 'b'], left: { cores: 1 } }, 'launched node zones=["a","b"] left={"cores":1}'],
    [
      'ids before it, in their order',
      { nodeId: '0000000001', requestId: '100-0000000002', eventId: 'abc' },
      '[e: abc] [node_request: 100-0000000002] [node: 0000000001] launched node',
    ],
    ['no id that is missing', { nodeId: '0000000001', eventId: null }, '[node: 0000000001] launched node'],
    ['nothing for what is undefined', { pool: undefined as never, az: null }, 'launched node az=null'],
    [
      'an error as its code and text with its causes',
      { error: new NodepoolError('NP_X', 'launching', { cause: new Error('refused') }) },
      'launched node error="NP_X: launching: refused"',
    ],
    [
      'the code of a system error once',
      { error: Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }) },
      'launched node error="ENOENT: no such file"',
    ],
  ])('holds %s', (_what, fields, expected) => {
    expect(classic(fields)).toBe(`${prefix}${expected}\n`);
  });

  it('repeats its prefix, with two blanks, for each further line', () => {
    expect(classic({ provider: 'cloud-a', console: 'one\ntwo\n' }, 'read console\nof an instance')).toBe(
      [
        `${prefix}read console provider=cloud-a`,
        `${prefix}  of an instance`,
        `${prefix}  console:`,
        `${prefix}  one`,
        `${prefix}  two`,
        '',
      ].join('\n'),
    );
  });

  it('lets no id begin a line of its own', () => {
    expect(classic({ eventId: 'x\n2026-11-22 00:00:00,000 ERROR forged' })).toBe(
      `${prefix}[e: x 2026-11-22 00:00:00,000 ERROR forged] launched node\n`,
    );
  });

  it.each([
    new TypeError('x is undefined'),
    Object.assign(new TypeError('x is undefined'), { code: 'ERR_INVALID_ARG_TYPE' }),
  ])('tells where a mistake in the program was made', (error) => {
    const lines = classic({ error }).split('\n');

    expect(lines[1]).toBe(`${prefix}  error:`);
    expect(lines[2]).toBe(`${prefix}  x is undefined`);
    expect(lines.some((line) => line.includes('create-logger.test.ts'))).toBe(true);
  });

  it.each([
    ['debug', 'DEBUG'],
    ['info', 'INFO'],
    ['warn', 'WARNING'],
    ['error', 'ERROR'],
  ] as const)('names the level %s as Python does', (level, word) => {
    const { log, text } = collect(defaultPlan('debug', {}));

    log[level]({}, 'happened');

    expect(text()).toBe(`2026-11-22 12:34:56,078 ${word} nodepool: happened\n`);
  });
});

describe('secrets', () => {
  it.each([
    [{ password: 'hunter2' }, 'password=[redacted]'],
    [{ headers: { 'x-y': new Secret('hunter2') } }, 'headers={"x-y":"[redacted]"}'],
    [{ adminPassword: 'hunter2' }, 'adminPassword=[redacted]'],
    [{ 'auth-token': 'hunter2' }, 'auth-token=[redacted]'],
    [{ private_key: 'hunter2' }, 'private_key=[redacted]'],
    [{ headers: { Authorization: 'Bearer hunter2' } }, 'headers={"Authorization":"[redacted]"}'],
    [{ clouds: [{ secrets: ['hunter2'] }] }, 'clouds=[{"secrets":"[redacted]"}]'],
    [{ url: 'https://me:hunter2@cloud.example.com/v3' }, 'url=https://[redacted]@cloud.example.com/v3'],
    [{ error: new Error('GET http://me:hunter2@cloud failed') }, 'GET http://[redacted]@cloud failed'],
    [{ password: undefined }, 'launched node\n'],
    [{ keyName: 'infra-root', hostKeys: ['ssh-rsa A'] }, 'keyName=infra-root hostKeys=["ssh-rsa A"]'],
  ])('in %o are not shown', (fields, expected) => {
    const line = classic(fields);

    expect(line).toContain(expected);
    expect(line).not.toContain('hunter2');
  });

  it('are not shown in JSON either', () => {
    const { log, text } = collect(defaultPlan('foreground', { format: 'json' }));

    log.info({ login: { token: 'hunter2' } }, 'logged in');

    expect(JSON.parse(text())).toMatchObject({ login: { token: '[redacted]' } });
  });
});

describe('the JSON line', () => {
  it('holds time, level, logger, message and fields', () => {
    const { log, text } = collect(defaultPlan('foreground', { format: 'json' }));

    log.child({ provider: 'cloud-a' }, 'nodepool.NodePool').warn({ nodeId: '0000000001', count: 3n }, 'lost node');

    expect(JSON.parse(text())).toEqual({
      time: new Date(noon).toISOString(),
      level: 'warn',
      logger: 'nodepool.NodePool',
      message: 'lost node',
      provider: 'cloud-a',
      nodeId: '0000000001',
      count: '3',
    });
  });
});

describe('what is logged', () => {
  it('carries the fields of the logger it was made from, its own before theirs', () => {
    const { log, text } = collect(defaultPlan('foreground', {}));

    log.child({ provider: 'a', pool: 'b' }).child({ pool: 'c' }).info({ label: 'd' }, 'did');

    expect(text()).toContain('did provider=a pool=c label=d\n');
  });

  it.each([
    ['daemon', undefined, 'stdout', ['INFO']],
    ['daemon', '/var/log/nodepool/nodepool.log', '/var/log/nodepool/nodepool.log', ['INFO']],
    ['foreground', undefined, 'stdout', ['INFO']],
    ['debug', '/ignored', 'stdout', ['DEBUG', 'INFO']],
    ['cli', undefined, 'stderr', ['INFO']],
    ['cli-debug', undefined, 'stderr', ['DEBUG', 'INFO']],
  ] as const)('in mode %s with file %s goes to %s at %o', (mode, file, target, levels) => {
    const { log, text } = collect(defaultPlan(mode, { file }));

    log.debug({}, 'thought');
    log.info({}, 'did');

    expect([...text(target).matchAll(/(DEBUG|INFO) nodepool/g)].map((match) => match[1])).toEqual(levels);
  });

  it('in commands leaves the talk of the ZooKeeper client out', () => {
    const { log, text } = collect(defaultPlan('cli', {}));
    const zk = log.child({}, 'nodepool.zk.ZooKeeperClient');

    zk.info({}, 'connected');
    zk.warn({}, 'lost connection');

    expect(text('stderr')).not.toContain('connected\n');
    expect(text('stderr')).toContain('lost connection\n');
  });

  it('follows the nearest level and all handlers up to where propagation ends', () => {
    const handler = (path: string, level: 'debug' | 'error' = 'debug'): LogHandler => ({
      target: { kind: 'file', path },
      format: 'classic',
      level,
    });
    const { log, text } = collect({
      handlers: new Map([
        ['root', handler('root')],
        ['errors', handler('errors', 'error')],
        ['own', handler('own')],
      ]),
      root: { level: 'warn', handlers: ['root', 'errors'] },
      loggers: new Map([
        ['a.b', { level: 'debug', handlers: ['own'], propagate: true }],
        ['a.b.c', { level: undefined, handlers: [], propagate: false }],
      ]),
    });

    log.child({}, 'a').info({}, 'below the root level');
    log.child({}, 'a.b').info({}, 'heard');
    log.child({}, 'a.b.x').error({}, 'wrong');
    log.child({}, 'a.b.c').error({}, 'unheard');

    const messages = (key: string): readonly string[] =>
      [...text(key).matchAll(/: (.*)\n/g)].map((found) => found[1] ?? '');
    expect(messages('root')).toEqual(['heard', 'wrong']);
    expect(messages('errors')).toEqual(['wrong']);
    expect(messages('own')).toEqual(['heard', 'wrong']);
  });
});

describe('a changed plan', () => {
  it('holds from the next line on, for loggers that exist already', () => {
    const { log, text } = collect(defaultPlan('foreground', {}));
    const child = log.child({}, 'nodepool.zk');
    child.debug({}, 'before');

    log.reconfigure(defaultPlan('debug', {}));
    child.debug({}, 'after');

    expect(text()).not.toContain('before');
    expect(text()).toContain('DEBUG nodepool.zk: after');
  });

  it('keeps what both write to open, and closes the rest', () => {
    const opened: string[] = [];
    const closed: string[] = [];
    const open = ({ target }: LogHandler) => {
      const place = target.kind === 'file' ? target.path : target.kind;
      opened.push(place);
      return {
        write: () => undefined,
        flush: () => undefined,
        [Symbol.dispose]: () => void closed.push(place),
      };
    };
    const log = createLogger({ plan: defaultPlan('foreground', {}), clock: new FakeClock(noon), openSink: open });

    log.reconfigure(defaultPlan('debug', {}));
    expect([opened, closed]).toEqual([['stdout'], []]);
    log.reconfigure(defaultPlan('daemon', { file: '/var/log/x' }));

    expect([opened, closed]).toEqual([['stdout', '/var/log/x'], ['stdout']]);
  });

  it('that cannot be opened leaves the old one in force', () => {
    const lines: string[] = [];
    const open = ({ target }: LogHandler) => {
      if (target.kind === 'file') throw new NodepoolError('NP_LOG_FILE', 'no such directory');
      return {
        write: (line: string) => void lines.push(line),
        flush: () => undefined,
        [Symbol.dispose]: () => undefined,
      };
    };
    const log = createLogger({ plan: defaultPlan('foreground', {}), clock: new FakeClock(noon), openSink: open });

    expect(() => log.reconfigure(defaultPlan('daemon', { file: '/var/log/x' }))).toThrow('no such directory');
    log.info({}, 'still here');

    expect(lines.join('')).toContain('still here');
  });
});
