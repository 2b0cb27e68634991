import { InfraError } from './infra-error.js';
import { type Docker, findJava, findMaven, OLDEST_JAVA } from './machine/programs.js';
import { haveJars } from './parts/kafka/kafka-jars.js';
import type { Settings } from './settings.js';
import type { Choice, Part } from './system.js';

export const PARTS: readonly Part[] = ['kafka', 'postgres', 'mail'];

/** The variable that says where a part of one's own is. */
const VARIABLE_OF: Record<Part, string> = { kafka: 'KAFKA_BROKERS', postgres: 'DATABASE_URL', mail: 'SMTP_URL' };

/** Each part by itself: what is named is used; else Docker, where an engine answers; else what can be run right here. */
export function choose(settings: Settings, docker: Docker, parts: readonly Part[] = PARTS): Choice[] {
  const choices = parts.map((part) => choice(part, settings, docker));
  if (settings.force === 'docker' && !docker.version && choices.some(({ provider }) => provider === 'docker'))
    throw new InfraError(`INFRA=docker, but ${docker.found}: start Docker, or leave INFRA out to run without it.`);
  return choices;
}

function choice(part: Part, settings: Settings, docker: Docker): Choice {
  const variable = VARIABLE_OF[part];
  if (settings[part]) return { part, provider: 'external', reason: `${variable} is set` };
  if (part === 'kafka' && settings.nodes) return { part, provider: 'local', reason: 'KAFKA_NODES=3' };
  if (settings.force) return { part, provider: settings.force, reason: `INFRA=${settings.force}` };
  const reason = `${docker.found} and ${variable} is not set`;
  return { part, provider: docker.version ? 'docker' : 'local', reason };
}

/**
 * A broker that a test takes away and brings back: never somebody else's, whatever KAFKA_BROKERS says, and run right
 * here where that can be done, because a process is killed and frozen faster than a container.
 */
export async function chooseForOwnBroker(settings: Settings, docker: Docker, nodes?: 3): Promise<Choice[]> {
  const { kafka: _theirs, ...own } = settings;
  if (nodes) return choose({ ...own, nodes }, docker, ['kafka']);
  const isLocal = !settings.force && (!docker.version || (await canRunKafka()));
  const choices = choose(isLocal ? { ...own, force: 'local' } : own, docker, ['kafka']);
  const reason = 'a test takes this broker away and brings it back';
  return settings.force ? choices : choices.map((one) => ({ ...one, reason }));
}

async function canRunKafka(): Promise<boolean> {
  const java = await findJava();
  return java !== undefined && java.version >= OLDEST_JAVA && (haveJars() || (await findMaven()) !== undefined);
}
