import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { handleSignals } from './signals.js';

function listen(stopOnUsr1: boolean) {
  const source = new EventEmitter();
  const heard: string[] = [];
  const handled = handleSignals(source, {
    stop: (signal) => void heard.push(`stop ${signal}`),
    terminate: (signal) => void heard.push(`terminate ${signal}`),
    dump: () => void heard.push('dump'),
    stopOnUsr1,
  });
  return { source, heard, handled };
}

describe('signals', () => {
  it('stop, end or dump', () => {
    const { source, heard } = listen(true);

    for (const signal of ['SIGUSR2', 'SIGUSR1', 'SIGINT', 'SIGTERM']) source.emit(signal);

    expect(heard).toEqual(['dump', 'stop SIGUSR1', 'stop SIGINT', 'terminate SIGTERM']);
  });

  it('end the program at once when it is interrupted a second time', () => {
    const { source, heard } = listen(true);

    source.emit('SIGINT');
    source.emit('SIGINT');

    expect(heard).toEqual(['stop SIGINT', 'terminate SIGINT']);
  });

  it('never reach the debugger of Node.js: SIGUSR1 ends what it does not stop', () => {
    const { source, heard } = listen(false);

    source.emit('SIGUSR1');

    expect(heard).toEqual(['terminate SIGTERM']);
  });

  it('are left to the system when nobody listens any more', () => {
    const { source, handled } = listen(false);

    handled[Symbol.dispose]();

    expect(source.eventNames()).toEqual([]);
  });
});
