import type { Broker } from 'kafkajs';

/** What kafkajs' types do not say of a broker: the way for requests of our own over its connection. */
export type RawBroker = Broker & {
  /** `protocol`, given the latest version that both sides speak. @throws where the broker does not know the request */
  lookupRequest<Found>(
    apiKey: number,
    api: { readonly versions: readonly string[]; protocol(best: { version: number }): Found },
  ): Found;
  /** kafkajs keeps connection, time limit and throttling. */
  readonly connectionPool: { send<Answer>(exchange: object): Promise<Answer> };
};
