export * from './descriptions.js';
