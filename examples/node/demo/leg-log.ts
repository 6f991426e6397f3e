import type { ReceivedImage } from 'matmq';
import { type Difference, difference, LOSS, samePixels, sameShape } from './compare.js';
import type { LoopDelay } from './loop-delay.js';
import type { Photo } from './photos.js';
import { type Leg, SINGLE_ROUNDS } from './plan.js';
import type { LegResult } from './protocol.js';

/** Milliseconds since 1970, with fractions. */
const now = () => performance.timeOrigin + performance.now();

/** Checks the images of one leg as they arrive, and keeps its figures. */
export class LegLog {
  /** The last arrival of each photo. */
  readonly last: ReceivedImage[] = [];
  readonly #leg: Leg;
  readonly #photos: readonly Photo[];
  readonly #loop: LoopDelay;
  readonly #latencies: number[] = [];
  #images = 0;
  #bytes = 0;
  #begin = 0;
  #rates = { imagesPerSecond: 0, bytesPerSecond: 0 };
  #loopDelay = 0;
  #loss: Difference | undefined;

  constructor(leg: Leg, photos: readonly Photo[], loop: LoopDelay) {
    this.#loop = loop;
    this.#leg = leg;
    this.#photos = photos;
  }

  get complete(): boolean {
    return this.#images === (this.#leg.rounds + SINGLE_ROUNDS) * this.#photos.length;
  }

  /** Takes the next image. Returns what is wrong with it, if anything is. */
  add(image: ReceivedImage): string | undefined {
    const arrival = now();
    const { headers, contentType } = image.message.properties;
    const sent = Number(headers?.['sent-at']) / 1000;
    const index = this.#images % this.#photos.length;
    const atFullSpeed = this.#leg.rounds * this.#photos.length;
    if (this.#images === 0) this.#begin = sent;
    if (this.#images >= atFullSpeed) this.#latencies.push(arrival - sent);
    this.#images++;
    this.#bytes += image.message.size;
    this.last[index] = image;
    const mistake = this.#loop.leaveOut(() => this.#check(image, this.#photos[index], headers?.photo, contentType));
    if (this.#images === atFullSpeed) {
      const seconds = (now() - this.#begin) / 1000;
      this.#rates = { imagesPerSecond: this.#images / seconds, bytesPerSecond: this.#bytes / seconds };
    }
    if (this.complete) this.#loopDelay = this.#loop.lap();
    return mistake && `${this.#leg.label} image ${this.#images}: ${mistake}`;
  }

  result(): LegResult {
    return {
      images: this.#images,
      bytes: this.#bytes,
      ...this.#rates,
      latencies: this.#latencies,
      loopDelay: this.#loopDelay,
      ...(this.#loss && { loss: this.#loss }),
    };
  }

  #check(image: ReceivedImage, photo: Photo | undefined, name: unknown, contentType: unknown): string | undefined {
    if (!photo || name !== photo.name) return `expected ${photo?.name}, received ${name}`;
    if (contentType !== this.#leg.contentType) return `expected ${this.#leg.contentType}, received ${contentType}`;
    const { pixels } = photo;
    if (!sameShape(image, pixels)) return `${name} came as ${image.rows} x ${image.cols} ${image.typeName}`;
    if (this.#leg.lossless) return samePixels(image, pixels) ? undefined : `${name} came with other pixels`;
    const { mean, psnr } = difference(image, pixels);
    const { mean: mostMean = mean, psnr: leastPsnr = psnr } = this.#loss ?? {};
    this.#loss = { mean: Math.max(mostMean, mean), psnr: Math.min(leastPsnr, psnr) };
    if (mean <= LOSS.mean && psnr >= LOSS.psnr) return undefined;
    return `${name} lost more than JPEG may: mean difference ${mean.toFixed(2)}, PSNR ${psnr.toFixed(1)} dB`;
  }
}
