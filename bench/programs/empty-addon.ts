import { createRequire } from 'node:module';

// By its path alone: finding it must not cost more than loading it.
createRequire(import.meta.url)('../../../bench/bench/native/empty.node');
