/** With the window that the other clients are given: they have none of their own, or no bound at all. */
import { prefetchOf } from '../harness/client.js';
import { clientWith } from './matmq.js';

export const client = clientWith({ prefetch: prefetchOf });
