export { type HashOptions, hashFile } from './digest/hash-file.js';
export { isVhdError, VhdError, type VhdErrorCode, vhdErrorCodes } from './errors.js';
export type { DiskType } from './layout/footer.js';
export type { Geometry } from './layout/geometry.js';
export { progressText } from './progress-text.js';
export { checkVhd, type VhdCheck } from './read/check.js';
export { describeVhd, geometryBytes, type ReadOptions, type VhdBlocks, type VhdDescription } from './read/describe.js';
export { type Finding, type FindingCode, findingMeanings } from './read/findings.js';
export { type Converted, type ConvertOptions, convertRawToVhd, type VhdSubformat } from './write/convert.js';
