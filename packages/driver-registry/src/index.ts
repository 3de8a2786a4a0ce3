export * from './drivers.js';
