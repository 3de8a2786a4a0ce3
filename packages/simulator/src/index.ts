export { SimulatorError, type SimulatorErrorCode, simulatorErrorCodes } from './errors.js';
export type { LabelReport, PoolReport, Report, RequestCounts, WaitTimes } from './report/report.js';
export { simulate } from './simulate.js';
export { parseTraceLine, readTrace } from './trace/read.js';
export { type NewTraceLine, TraceLine } from './trace/schema.js';
export { type Wish, type Workload, workloadOf } from './trace/workload.js';
export { loadWith } from './what-if/load.js';
export { parseSetting, type Setting } from './what-if/setting.js';
