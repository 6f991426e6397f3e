/** Whether MatMQ does with each file what is expected of it. */
import { EXCEPTIONS, type Exception, exceptionOf, type Instead } from './exceptions.js';
import { type Answer, areEqual, described, distance, isRefused } from './pixels.js';
import { MODES, type Mode, type ReadFile, type Readings } from './readings.js';

/** How far Pillow's samples of 5 bits are from those whose low bits are 0. */
const LOW_BITS = 7;

export const areAlike = (a: Answer, b: Answer) => (isRefused(a) ? isRefused(b) : areEqual(a, b));

function areWithin(a: Answer, b: Answer, most: number, channels?: number): boolean {
  if (isRefused(a) || isRefused(b)) return false;
  const apart = distance(a, b, channels);
  return apart !== undefined && apart <= most;
}

/** The colours of two files, whether they have alpha or not. */
export const showTheSame = (a: Answer, b: Answer) => areWithin(a, b, 0, 3);

export const isAsPillow = ({ matmq, pillow }: Readings) => areWithin(matmq, pillow, 0);

function holds(instead: Instead, readings: Readings, whole: Answer | undefined): boolean {
  const { matmq, pillow } = readings;
  if (instead === 'refuses') return isRefused(matmq) && matmq.refused.startsWith('CANNOT_DECODE');
  if (instead === 'as Pillow') return isAsPillow(readings);
  if (instead === 'nearly as Pillow') return areWithin(matmq, pillow, LOW_BITS);
  return whole !== undefined && showTheSame(matmq, whole);
}

/** How far apart, for a message. */
function apart(a: Answer, b: Answer): string {
  if (isRefused(a) || isRefused(b)) return '';
  const most = distance(a, b);
  return most === undefined ? '' : `, ${most} apart`;
}

/** What is wrong with MatMQ's answer, or undefined. */
function faultIn(file: ReadFile, mode: Mode, wholes: ReadonlyMap<string, ReadFile>): string | undefined {
  const readings = file.readings[mode];
  const { matmq, cv2, pillow } = readings;
  const whole = file.sameAs === undefined ? undefined : wholes.get(file.sameAs)?.readings[mode].matmq;
  const exception = exceptionOf(file, mode);
  if (exception ? holds(exception.instead, readings, whole) : areAlike(matmq, cv2)) return undefined;
  const others = `OpenCV: ${described(cv2)}${apart(matmq, cv2)}; Pillow: ${described(pillow)}${apart(matmq, pillow)}`;
  return `${mode}: expected ${exception?.instead ?? 'as OpenCV'}, found ${described(matmq)}; ${others}`;
}

export interface Fault {
  readonly file: ReadFile;
  readonly text: string;
}

const byName = (files: readonly ReadFile[]) => new Map(files.map((file) => [file.name, file]));

/** The files with which MatMQ does not do what is expected. */
export function faultsOf(files: readonly ReadFile[]): readonly Fault[] {
  const wholes = byName(files);
  return files.flatMap((file) => {
    const faults = MODES.map((mode) => faultIn(file, mode, wholes)).filter((text) => text !== undefined);
    if (faults.length === 0) return [];
    return [{ file, text: [`${file.name} (${file.kind}; ${file.made})`, ...faults].join('\n  ') }];
  });
}

/** The files that do not show what another one shows, although they are to. */
export function unlikeOf(files: readonly ReadFile[]): readonly string[] {
  const wholes = byName(files);
  return files.flatMap((file) => {
    const whole = file.sameAs === undefined ? undefined : wholes.get(file.sameAs);
    if (!whole) return [];
    return MODES.filter((mode) => {
      const answers = [file.readings[mode].matmq, whole.readings[mode].matmq] as const;
      return !(answers.every(isRefused) || showTheSame(...answers));
    }).map((mode) => `${file.name} is not as ${whole.name}, ${mode}`);
  });
}

/** The exceptions that no file needs: all of theirs are as OpenCV. */
export function needlessOf(files: readonly ReadFile[]): readonly Exception[] {
  const needed = new Set<Exception | undefined>();
  for (const file of files) {
    for (const mode of MODES) {
      const { matmq, cv2 } = file.readings[mode];
      if (!areAlike(matmq, cv2)) needed.add(exceptionOf(file, mode));
    }
  }
  return EXCEPTIONS.filter((exception) => !needed.has(exception));
}
