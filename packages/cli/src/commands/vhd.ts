import type { DefineCommand } from '../command.js';
import { defineVhdCheck } from './vhd-check.js';
import { defineVhdConvert } from './vhd-convert.js';
import { defineVhdInfo } from './vhd-info.js';

export const defineVhd: DefineCommand = (program, run) => {
  const vhd = program.command('vhd').description('make, describe and check VHD images').helpCommand(false);
  for (const define of [defineVhdConvert, defineVhdInfo, defineVhdCheck]) define(vhd, run);
};
