import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';

/** Node tells of timers below 0 from this version on. */
const TELLS_SINCE = 24;

claim(
  {
    says: 'On each version of Node that NestJS runs on, kafkajs is silent when all is well.',
    verdict: 'imprecise',
    happens: `From Node ${TELLS_SINCE} on a process prints \`TimeoutNegativeWarning\` once, when it connects; before, nothing.`,
    why: 'kafkajs computes the time until a request may go out, and it may be over; Node makes a millisecond of it, as it always did, and tells of it now.',
    right:
      'Harmless. Where logs must be clean: `node --disable-warning=TimeoutNegativeWarning`, or `NODE_OPTIONS` with it.',
  },
  () => {
    const stage = new Stage();

    const connect = async (...options: string[]): Promise<string> => {
      const program = `
        const { Kafka, logLevel } = require('kafkajs');
        const kafka = new Kafka({ brokers: ${JSON.stringify(stage.broker.brokers)}, logLevel: logLevel.NOTHING });
        const admin = kafka.admin();
        admin.connect().then(() => admin.listTopics()).then(() => admin.disconnect());
      `;
      const { NODE_OPTIONS: _, ...env } = process.env;
      const { stderr } = await promisify(execFile)(process.execPath, [...options, '-e', program], { env });
      return stderr;
    };

    it(`prints a warning at a connect from Node ${TELLS_SINCE} on, and nothing where that is turned off`, async () => {
      const tells = Number(process.versions.node.split('.')[0]) >= TELLS_SINCE;

      expect((await connect()).includes('TimeoutNegativeWarning')).toBe(tells);
      expect(await connect('--disable-warning=TimeoutNegativeWarning')).toBe('');
    });
  },
);
