import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toLogPlan } from './dict-config.js';
import { readLogConfig } from './read-log-config.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-log-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

const usual = `
version: 1
formatters:
  simple: {format: '%(asctime)s %(levelname)s %(name)s: %(message)s'}
  machine: {class: pythonjsonlogger.jsonlogger.JsonFormatter}
handlers:
  console: {class: logging.StreamHandler, stream: ext://sys.stdout, formatter: simple}
  file: {class: logging.handlers.WatchedFileHandler, filename: /var/log/nodepool/x.log, formatter: machine, level: WARN}
loggers:
  nodepool: {level: DEBUG, handlers: [console, file], propagate: 0}
  nodepool.zk: {level: ERROR}
root: {level: WARNING, handlers: [console]}
`;

describe('a logging configuration', () => {
  it('of YAML becomes a plan', async () => {
    const { plan, warnings } = await readLogConfig(await fileWith('logging.yaml', usual));

    expect(warnings).toEqual([]);
    expect(Object.fromEntries(plan.handlers)).toEqual({
      console: { target: { kind: 'stdout' }, format: 'classic', level: 'debug' },
      file: { target: { kind: 'file', path: '/var/log/nodepool/x.log' }, format: 'json', level: 'warn' },
    });
    expect(Object.fromEntries(plan.loggers)).toEqual({
      nodepool: { level: 'debug', handlers: ['console', 'file'], propagate: false },
      'nodepool.zk': { level: 'error', handlers: [], propagate: true },
    });
    expect(plan.root).toEqual({ level: 'warn', handlers: ['console'] });
  });

  it('may be JSON', async () => {
    const path = await fileWith('logging.json', '{"version": 1, "root": {"level": "ERROR"}}');

    expect((await readLogConfig(path)).plan.root).toEqual({ level: 'error', handlers: [] });
  });

  it('tells what has no effect', () => {
    const handlers = { a: { class: 'logging.FileHandler', filename: '/x', encoding: 'utf8' } };

    expect(toLogPlan({ version: 1, filters: {}, handlers }, 'f').warnings).toEqual([
      'filters has no effect',
      'handlers.a.encoding has no effect',
    ]);
  });

  it.each([
    ['text', 'f: the file is not a mapping'],
    [{ handlers: { a: { class: 'logging.FileHandler' } } }, 'f: handlers.a.filename is missing'],
    [
      { handlers: { a: { class: 'logging.handlers.SysLogHandler' } } },
      'f: handlers.a.class: logging.handlers.SysLogHandler is not supported; use StreamHandler or WatchedFileHandler',
    ],
    [
      { handlers: { a: { class: 'StreamHandler', formatter: 'x' } } },
      'f: handlers.a.formatter: there is no formatter x',
    ],
    [{ root: { handlers: ['x'] } }, 'f: root.handlers: there is no handler x'],
    [{ root: { level: 'LOUD' } }, 'f: root.level: LOUD is none of DEBUG, INFO, WARNING, ERROR'],
  ])('%o is refused with its place', (content, message) => {
    expect(() => toLogPlan(content, 'f')).toThrow(`the logging configuration cannot be used: ${message}`);
  });

  it('in ini form is refused with what to do', async () => {
    await expect(readLogConfig('/etc/nodepool/logging.conf')).rejects.toMatchObject({
      code: 'NP_LOG_CONFIG',
      message: expect.stringContaining('dictConfig'),
    });
  });

  it('that is missing or broken is refused by name', async () => {
    const broken = await fileWith('broken.yaml', 'version: [1');

    await expect(readLogConfig(join(directory, 'absent.yaml'))).rejects.toMatchObject({ code: 'NP_LOG_CONFIG' });
    await expect(readLogConfig(broken)).rejects.toThrow(broken);
  });
});
