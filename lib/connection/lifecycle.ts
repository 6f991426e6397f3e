/** The states of a producer or consumer (connecting, open, closing, closed) and its events. */
import type { EventEmitter } from 'node:events';
import type { NativeError, NativeEvent } from '../addon/contract.js';
import { fromNative } from '../addon/errors.js';
import { ClosedError } from '../base/errors.js';
import { Pending } from '../base/pending.js';

/** The events of producers and consumers. None of them needs a listener, and none is an error to Node. */
export interface ConnectionEvents {
  /** Connected again, ready. */
  connected: [info: { readonly peer: string }];
  /** The connection is lost; `error` says why. It is made again unless `close` follows. */
  disconnected: [info: { readonly peer: string; readonly error: Error | undefined }];
  /** Try number `attempt` will be made in `delay` milliseconds. */
  reconnecting: [info: { readonly peer: string; readonly attempt: number; readonly delay: number }];
  /** The broker takes no messages for now (memory or disk alarm); `reason` is its words. */
  blocked: [info: { readonly peer: string; readonly reason: string }];
  unblocked: [info: { readonly peer: string }];
  /** The last event; with `error` when this program did not close it. */
  close: [error: Error | undefined];
}

interface Hooks {
  /** Makes the addon close. */
  close(): void;
  /** The state has changed. */
  changed(): void;
  /** It is closed: ends what is pending, before any listener is called. */
  closed(): void;
}

type State = 'connecting' | 'open' | 'closing' | 'closed';

export class Lifecycle {
  #state: State = 'connecting';
  /** It closed although this program did not close it; the reason, if the addon reported one. */
  #failed = false;
  #reason: NativeError | undefined;
  #connecting: Pending<void> | undefined;
  /** Events that are emitted in the next turn of the event loop; undefined while events are emitted at once. */
  #postponed: NativeEvent[] | undefined;
  readonly #closed = new Pending<void>();
  readonly #emitter: EventEmitter<ConnectionEvents>;
  readonly #name: string;
  readonly #hooks: Hooks;

  constructor(emitter: EventEmitter<ConnectionEvents>, name: string, hooks: Hooks) {
    this.#emitter = emitter;
    this.#name = name;
    this.#hooks = hooks;
  }

  get state(): State {
    return this.#state;
  }

  /** Whether the program waits for the next state. */
  get awaited(): boolean {
    return this.#state === 'connecting' || this.#state === 'closing';
  }

  /** Whether it closed although this program did not close it. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The error of an operation when it is not open: a new one each time, because its stack names the caller. */
  refusal(): Error {
    if (this.#reason !== undefined) return fromNative(this.#reason);
    return new ClosedError(`${this.#name} was closed${this.#failed ? '' : ' by this program'}`);
  }

  /** Resolves when connected. */
  connected(signal: AbortSignal | undefined): Promise<void> {
    const connecting = new Pending<void>({ signal });
    connecting.onGivenUp = () => void this.exit();
    this.#connecting = connecting;
    this.#hooks.changed();
    return connecting.promise;
  }

  /** Closes; resolves when closed. */
  exit(): Promise<void> {
    if (this.#state === 'connecting' || this.#state === 'open') {
      this.#state = 'closing';
      this.#hooks.close();
      this.#hooks.changed();
    }
    return this.#closed.promise;
  }

  /** Each event changes the state first; then its listeners are called. */
  dispatch(events: readonly NativeEvent[]): void {
    for (const event of events) {
      if (this.#postponed !== undefined) this.#postponed.push(event);
      else this.#dispatchOne(event);
    }
  }

  /** The program can add listeners only after `connect()` has resolved: later events wait for the next turn. */
  #postponeEvents(): void {
    this.#postponed = [];
    setImmediate(() => {
      const events = this.#postponed ?? [];
      this.#postponed = undefined;
      this.dispatch(events);
    });
  }

  #dispatchOne({ kind, peer, reason, error, delay, attempt }: NativeEvent): void {
    switch (kind) {
      case 'connected':
        if (this.#state === 'connecting') {
          this.#state = 'open';
          this.#connecting?.resolve();
          this.#hooks.changed();
          this.#postponeEvents();
        }
        this.#emit('connected', { peer });
        break;
      case 'disconnected':
        this.#emit('disconnected', { peer, error: error && fromNative(error) });
        break;
      case 'reconnecting':
        this.#emit('reconnecting', { peer, attempt, delay });
        break;
      case 'blocked':
        this.#emit('blocked', { peer, reason });
        break;
      case 'unblocked':
        this.#emit('unblocked', { peer });
        break;
      case 'closed':
        this.#becomeClosed(error);
        break;
    }
  }

  #becomeClosed(reason: NativeError | undefined): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'closing') {
      this.#failed = true;
      this.#reason = reason;
    }
    this.#state = 'closed';
    this.#connecting?.reject(this.refusal());
    this.#hooks.closed();
    this.#hooks.changed();
    this.#closed.resolve();
    this.#emit('close', this.#failed ? this.refusal() : undefined);
  }

  #emit<K extends keyof ConnectionEvents>(name: K, ...args: ConnectionEvents[K]): void {
    // A listener that throws ends the process as it would anywhere, but not while the state is being changed.
    try {
      (this.#emitter as EventEmitter).emit(name, ...args);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}
