import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from './process-table.js';

const stepMs = 50;

/**
 * Ends the groups and sessions that `leaders` lead before it returns, for a process that itself is about to end:
 * SIGTERM, a moment to clean up, SIGKILL.
 *
 * @param graceMs blocks the process for at most this long.
 */
export function endGroupsNow(leaders: readonly number[], graceMs: number): void {
  if (leaders.length === 0) return;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  signalMembers(leaders, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < graceMs && livingMembers(leaders).length > 0; waitedMs += stepMs) {
    Atomics.wait(sleeper, 0, 0, stepMs);
  }
  signalMembers(leaders, 'SIGKILL');
}

function signalMembers(leaders: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of livingMembers(leaders)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended.
    }
  }
}

function livingMembers(leaders: readonly number[]): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const entry = readStat(pid);
    if (entry === undefined || entry.zombie) return false;
    return leaders.includes(entry.pgrp) || leaders.includes(entry.session);
  });
}

function readStat(pid: number) {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}
