export { describeStore } from './describe-store.js';
export * from './store-under-test.js';
