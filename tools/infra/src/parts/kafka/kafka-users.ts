import { randomBytes } from 'node:crypto';
import { InfraError } from '../../infra-error.js';
import type { KafkaSettings } from '../../settings.js';
import { readCredentials, updateCredentials } from '../../system.js';

/** Who may do everything on a secured broker of ours: it sets up the others, and tools look at the broker with it. */
export const INFRA_USER = 'infra';
export const MECHANISM = 'scram-sha-256';

/**
 * The users of a secured broker: `infra`, and one for each service. The broker keeps their passwords in its data, salted;
 * this home keeps them beside it, in a file that only its owner reads.
 */
export class KafkaUsers {
  readonly names: readonly string[];

  /** @param asksRights false: a broker that knows who one is, and lets everybody do everything */
  constructor(
    services: readonly string[],
    readonly asksRights = true,
  ) {
    this.names = [INFRA_USER, ...services];
  }

  /** Passwords of those whom the broker knows. */
  get known(): Record<string, string> {
    return readCredentials()?.kafkaUsers ?? {};
  }

  /** Those whom it does not know yet: services that were added since its data was made. */
  get missing(): string[] {
    return this.names.filter((name) => !this.known[name]);
  }

  /** New passwords for all, as for a broker without data. */
  renew(): Record<string, string> {
    const users = Object.fromEntries(this.names.map((name) => [name, newPassword()]));
    updateCredentials({ kafkaUsers: users });
    return users;
  }

  /** The broker knows them now. */
  learned(users: Record<string, string>): void {
    updateCredentials({ kafkaUsers: { ...this.known, ...users } });
  }

  passwordOf(name: string): string {
    return passwordIn(this.known, name);
  }

  /** How the infrastructure itself logs in. */
  get login(): NonNullable<KafkaSettings['sasl']> {
    return { mechanism: MECHANISM, username: INFRA_USER, password: this.passwordOf(INFRA_USER) };
  }
}

/** Letters, digits, `-` and `_` only: it needs no quoting, wherever it is written. */
export const newPassword = (): string => randomBytes(24).toString('base64url');

/** What a client that is this user reads from its environment. */
export const userVariables = (users: Record<string, string>, name: string): Record<string, string> => ({
  KAFKA_SASL_MECHANISM: MECHANISM,
  KAFKA_SASL_USERNAME: name,
  KAFKA_SASL_PASSWORD: passwordIn(users, name),
});

function passwordIn(users: Record<string, string>, name: string): string {
  const password = users[name];
  if (password) return password;
  const names = Object.keys(users).join(', ') || 'none';
  throw new InfraError(
    `The secured broker's password of ${name} is not in credentials.json (there: ${names}): npm run reset makes a new broker.`,
  );
}
