import { EventPattern } from '@nestjs/microservices';
import { ContractDefinitionError } from '../../contract/index.js';
import { type AnyMethod, checkOptions, decorate, type Takes } from '../../handling/handle-event.js';
import { type HandleDeadLettersOptions, type HandlerExtras, KAFKA_TRANSPORT } from '../../handling/handler-options.js';
import { deadLetterTopic } from '../dead-letter.js';
import { DeadLetterReceived } from './dead-letter-received.js';

type Checked<M extends AnyMethod> =
  Takes<M, DeadLetterReceived> extends true
    ? TypedPropertyDescriptor<M>
    : { 'the first parameter of this handler must be': DeadLetterReceived };

type DeadLetterHandlerDecorator = <M extends AnyMethod>(
  target: object,
  key: string | symbol,
  descriptor: Checked<M>,
) => void;

/**
 * Handles the dead letters of other services, each in one replica of this one; guards, pipes, interceptors, filters and
 * request scope work as for events. What still fails after the attempts in place is logged and counted, and nothing else:
 * a dead letter about a dead letter could go round for ever. A new group reads them from the beginning, which may be weeks
 * ago: `at` tells. Does not compile unless the method's first parameter is DeadLetterReceived.
 * @throws ContractDefinitionError when the class is loaded, where an option can't work; a start throws SettingsError where
 * a service handles its own, or twice those of another
 */
export function HandleDeadLetters(options: HandleDeadLettersOptions): DeadLetterHandlerDecorator {
  return (target, key, descriptor) => {
    const extras = describeHandler(target, key, options);
    const topics = options.of.map(deadLetterTopic);
    decorate(EventPattern(topics, KAFKA_TRANSPORT, extras), target, key, descriptor);
  };
}

/** Nothing comes after the attempts in place, so there are those of a handler that keeps order. */
function describeHandler(target: object, key: string | symbol, options: HandleDeadLettersOptions): HandlerExtras {
  const handler = `${target.constructor.name}.${String(key)}`;
  const [parameter] = (Reflect.getMetadata('design:paramtypes', target, key) ?? []) as unknown[];
  if (parameter !== undefined && parameter !== DeadLetterReceived) {
    const found = typeof parameter === 'function' ? parameter.name : typeof parameter;
    throw new ContractDefinitionError(`${handler} handles dead letters, but its first parameter is ${found}.`);
  }
  const { of: deadLettersOf, ...policy } = options;
  const mistake = mistakeIn(deadLettersOf);
  if (mistake)
    throw new ContractDefinitionError(`${handler} handles dead letters of [${deadLettersOf.join()}]: ${mistake}.`);
  checkOptions(handler, policy);
  return { deadLettersOf, handler, delivery: 'one-replica', concurrency: 1, onFailure: 'keep-order', ...policy };
}

function mistakeIn(services: readonly string[]): string | undefined {
  if (services.length === 0) return 'the name of one service at least is needed';
  const wrong = services.find((service) => !/^[a-z][a-z0-9-]*$/.test(service));
  if (wrong !== undefined) return `"${wrong}" is no service name: lower case letters, digits and hyphens are expected`;
  const twice = services.find((service, index) => services.indexOf(service) !== index);
  return twice === undefined ? undefined : `${twice} is there twice`;
}
