import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { ClientKafka, type ClientProvider, ClientsModule, Transport } from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { StockBroker, unique } from '../stock-broker.js';

const KAFKA = 'kafka';

let broker: StockBroker;
let groupId: string;
let app: TestingModule | undefined;

beforeAll(async () => {
  broker = await StockBroker.connect();
});

beforeEach(() => {
  app = undefined;
  groupId = unique('orders');
});

afterEach(() => app?.close());

afterAll(() => broker.close());

@Injectable()
class Invoices {
  constructor(@Inject(KAFKA) readonly kafka: ClientKafka) {}
}

@Injectable()
class Shipments {
  constructor(@Inject(KAFKA) readonly kafka: ClientKafka) {}
}

@Injectable()
class Dashboard {
  constructor(@Inject(KAFKA) readonly kafka: ClientKafka) {}
}

const clients = (options: object = {}) => {
  const kafka: ClientProvider = {
    transport: Transport.KAFKA,
    options: { client: { brokers: broker.brokers, logLevel: 0 }, consumer: { groupId }, ...options },
  };
  return ClientsModule.register([{ name: KAFKA, ...kafka }]);
};

/** Two features that publish, and what each module imports. */
async function start(imports: { app?: object[]; features?: object[] }): Promise<TestingModule> {
  const feature = (provider: Type): Type => {
    @Module({ imports: (imports.features ?? []) as Type[], providers: [provider] })
    class Feature {}
    return Feature;
  };
  const features = [feature(Invoices), feature(Shipments)];
  const ofApp = (imports.app ?? []) as Type[];
  const providers = ofApp.length > 0 ? [Dashboard] : [];
  app = await Test.createTestingModule({ imports: [...ofApp, ...features], providers }).compile();
  await app.init();
  return app;
}

const clientOf = (started: TestingModule, service: Type<{ kafka: ClientKafka }>): ClientKafka =>
  started.get(service, { strict: false }).kafka;

claim(
  {
    says: 'A client that the AppModule registers is there in the whole application.',
    verdict: 'wrong',
    happens: 'A feature module that injects it does not start; registered there once more it is another client.',
    why: 'A provider is seen by the module that imports it; each `register` makes another module.',
    right: 'One module that registers and exports `ClientsModule`, imported by each feature that publishes.',
  },
  () => {
    it('is not found by a feature module', async () => {
      await expect(start({ app: [clients()] })).rejects.toThrow("can't resolve dependencies of the Invoices");
    });

    it('is one more where features register their own', async () => {
      const started = await start({ app: [clients()], features: [clients()] });

      const ofFeature = clientOf(started, Invoices);
      expect(ofFeature).toBeInstanceOf(ClientKafka);
      expect(clientOf(started, Dashboard)).toBeInstanceOf(ClientKafka);
      expect(clientOf(started, Dashboard) === ofFeature).toBe(false);
    });

    it('is one for all that import a module which exports it', async () => {
      @Module({ imports: [clients()], exports: [ClientsModule] })
      class Messaging {}

      const started = await start({ features: [Messaging] });

      expect(clientOf(started, Invoices)).toBeInstanceOf(ClientKafka);
      expect(clientOf(started, Shipments) === clientOf(started, Invoices)).toBe(true);
    });
  },
);

claim(
  {
    says: 'A client that only emits joins no group.',
    verdict: 'wrong',
    happens: 'It is a member of `<groupId>-client` before its first message goes out.',
    why: 'Every `ClientKafka` connects a consumer for replies, whether or not anybody asks.',
    right: '`producerOnlyMode: true` where nothing is asked',
  },
  () => {
    const emit = async (options: object): Promise<void> => {
      const client = clientOf(await start({ features: [clients(options)] }), Invoices);
      const topic = unique('emitted');
      await broker.createTopic(topic);
      await lastValueFrom(client.emit(topic, 'an event'));
      expect(await broker.values(topic)).toEqual(['an event']);
    };

    it('is a member of a group by default', async () => {
      await emit({});

      expect(await broker.groups()).toContain(`${groupId}-client`);
    });

    it('is none in producerOnlyMode', async () => {
      await emit({ producerOnlyMode: true });

      expect((await broker.groups()).filter((group) => group.startsWith(groupId))).toEqual([]);
    });
  },
);
