/** All that is measured, in the order of the report. */
import type { Case } from '../case.js';
import type { Context } from '../context.js';
import { consumeCases } from './consume.js';
import { endToEndCases } from './end-to-end.js';
import { eventLoopCases } from './event-loop.js';
import { importCases } from './import.js';
import { jpegCases } from './jpeg.js';
import { memoryCases } from './memory.js';
import { publishCases } from './publish.js';
import { roundTripCases } from './round-trip.js';
import { tlsCases } from './tls.js';

const SCENARIOS = [
  publishCases,
  consumeCases,
  endToEndCases,
  roundTripCases,
  tlsCases,
  jpegCases,
  eventLoopCases,
  importCases,
  memoryCases,
] as const;

export function allCases(context: Context): Case[] {
  return SCENARIOS.flatMap((cases) => cases(context));
}
