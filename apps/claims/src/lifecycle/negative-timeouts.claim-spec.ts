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
    happens: `From Node ${TELLS_SINCE} on a process prints \`TimeoutNegativeWarning\` once, when it connects. On each version every connection wakes the process hundreds of times a second, for nothing.`,
    why: 'kafkajs computes the time until a request may go out, and it is over where none waits; Node makes a millisecond of it, and then kafkajs begins again.',
    right:
      '`@fieldguide/kafka` looks after requests only while some wait. kafkajs alone: `node --disable-warning=TimeoutNegativeWarning` keeps logs clean, and the timers stay.',
  },
  () => {
    const stage = new Stage();

    const connected = (meanwhile: string, ...options: string[]): Promise<{ stdout: string; stderr: string }> => {
      const program = `
        const { Kafka, logLevel } = require('kafkajs');
        const kafka = new Kafka({ brokers: ${JSON.stringify(stage.broker.brokers)}, logLevel: logLevel.NOTHING });
        const admin = kafka.admin();
        admin.connect().then(() => admin.listTopics()).then(${meanwhile}).then(() => admin.disconnect());
      `;
      const { NODE_OPTIONS: _, ...env } = process.env;
      return promisify(execFile)(process.execPath, [...options, '-e', program], { env });
    };
    const connect = async (...options: string[]): Promise<string> => (await connected('() => {}', ...options)).stderr;

    it(`prints a warning at a connect from Node ${TELLS_SINCE} on, and nothing where that is turned off`, async () => {
      const tells = Number(process.versions.node.split('.')[0]) >= TELLS_SINCE;

      expect((await connect()).includes('TimeoutNegativeWarning')).toBe(tells);
      expect(await connect('--disable-warning=TimeoutNegativeWarning')).toBe('');
    });

    it('sets timer after timer while no request is on its way', async () => {
      const countTimers = `() => new Promise((resolve) => {
        const { setTimeout: set } = globalThis;
        let timers = 0;
        globalThis.setTimeout = (...timer) => (timers++, set(...timer));
        set(() => resolve(process.stdout.write(String(timers))), 1_000);
      })`;

      const { stdout } = await connected(countTimers);

      expect(Number(stdout)).toBeGreaterThan(50);
    });
  },
);
