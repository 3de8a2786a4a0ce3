import { configureGlobal } from 'fast-check';

/**
 * Property tests draw other cases at each run, and print the seed of a failure. `PROPERTY_SEED=324000665` draws the same
 * ones again in every property; `script/test` sets it, so that a run of one state of the sources can be repeated.
 */
const seed = process.env['PROPERTY_SEED'];
if (seed !== undefined) configureGlobal({ seed: Number(seed) });
