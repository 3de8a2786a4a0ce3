// What brings one machine up and down, for those who need one beside the pools: the image gate of the builder.
export { HostCheck, type HostCheckTarget } from './host-check/host-check.js';
export { type Look, Lookout } from './launches/lookout.js';
export { runningChange } from './launches/new-node.js';
export { classifyFailure, type Failure, isPassing } from './launches/outcome.js';
export { removeInstance } from './launches/removal.js';
