/** The process that measures one client: `node worker.js <job as JSON>`. */
import type { PictureClient, RoundTripClient } from './client.js';
import { encode } from './encode.js';
import { idle } from './idle.js';
import { consume, publish } from './messages.js';
import type { Job, Outcome } from './protocol.js';
import { roundTrip } from './round-trip.js';

/** What a client has, if it is asked to play that role. */
interface ClientModule {
  readonly client: RoundTripClient;
  readonly pictureClient: PictureClient;
}

/** Only the client that is measured is loaded: the others need not even be installed. */
async function load(name: string): Promise<ClientModule> {
  return await import(new URL(`../clients/${name}.js`, import.meta.url).href);
}

async function work(job: Job): Promise<Outcome> {
  switch (job.role) {
    case 'publish':
      return publish((await load(job.client)).client, job);
    case 'consume':
      return consume((await load(job.client)).client, job);
    case 'round-trip':
      return roundTrip((await load(job.client)).client, job);
    case 'encode':
      return encode((await load(job.client)).pictureClient, job);
    case 'idle':
      return idle();
  }
}

const outcome = await work(JSON.parse(process.argv[2] ?? '') as Job);
// Written through before the process is ended: a client that was flooded may keep a socket open for a while.
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit());
