/** The properties of a received message as a program sees them: those of AMQP alone stand among the others. */
import type { NativeAmqpProperties } from '../addon/amqp-contract.js';
import type { NativeMessageProperties, NativeProperties } from '../addon/contract.js';

/** The AMQP properties of a received message; those the sender did not set are missing. */
export type MessageProperties = Readonly<NativeMessageProperties & NativeAmqpProperties>;

export function flatProperties(native: NativeProperties): MessageProperties {
  if (native.amqp === undefined) return native;
  const { amqp, ...others } = native;
  return { ...others, ...amqp };
}
