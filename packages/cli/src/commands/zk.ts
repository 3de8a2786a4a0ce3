import type { DefineCommand } from '../command.js';
import { defineZkGet } from './zk-get.js';
import { defineZkLs } from './zk-ls.js';
import { defineZkRm } from './zk-rm.js';
import { defineZkSet } from './zk-set.js';

export const defineZk: DefineCommand = (program, run) => {
  const zk = program.command('zk').description('look at znodes and change them').helpCommand(false);
  for (const define of [defineZkGet, defineZkLs, defineZkSet, defineZkRm]) define(zk, run);
};
