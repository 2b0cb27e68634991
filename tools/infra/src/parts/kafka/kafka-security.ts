import { INFRA_USER, newPassword } from './kafka-users.js';

/** Where a broker of ours asks who one is, and what one may do. */
export interface Listeners {
  /** Takes clients, by name and password (SCRAM). */
  readonly clients: string;
  /** Takes the broker itself. The same one, or one of its own that no client reaches. */
  readonly itself: string;
  /** `infra`'s password in SCRAM, where the broker is a client of that listener. */
  readonly password?: string;
}

/** Kafka's settings for it. They hold passwords: whatever file they are written to is the owner's alone. */
export function securedProperties(
  { clients, itself, password }: Listeners,
  asksRights: boolean,
): Record<string, string> {
  const [clientsName, itselfName] = [clients.toLowerCase(), itself.toLowerCase()];
  const own = clients === itself;
  // Nothing of it is kept in the data, so that each start may have another.
  const inner = newPassword();
  return {
    'listener.security.protocol.map': [...new Set([clients, itself, 'CONTROLLER'])]
      .map((listener) => `${listener}:SASL_PLAINTEXT`)
      .join(','),
    'inter.broker.listener.name': itself,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
    'sasl.mechanism.inter.broker.protocol': own ? 'SCRAM-SHA-256' : 'PLAIN',
    [`listener.name.${clientsName}.scram-sha-256.sasl.jaas.config`]: scramLogin(own ? (password ?? '') : undefined),
    ...(own ? {} : plainListener(itselfName, inner)),
    'sasl.mechanism.controller.protocol': 'PLAIN',
    ...plainListener('controller', inner),
    'super.users': `User:${INFRA_USER}`,
    ...(asksRights
      ? {
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'allow.everyone.if.no.acl.found': 'false',
        }
      : {}),
  };
}

/** Passwords of this mechanism stand in the settings: the broker can log in to itself before it has read any data. */
const plainListener = (listener: string, password: string): Record<string, string> => ({
  [`listener.name.${listener}.sasl.enabled.mechanisms`]: 'PLAIN',
  [`listener.name.${listener}.plain.sasl.jaas.config`]:
    `org.apache.kafka.common.security.plain.PlainLoginModule required username="${INFRA_USER}" ` +
    `password="${password}" user_${INFRA_USER}="${password}";`,
});

const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required';

const scramLogin = (password: string | undefined): string =>
  password === undefined ? `${SCRAM};` : `${SCRAM} username="${INFRA_USER}" password="${password}";`;

/** For Kafka's own programs: a client's settings, as `infra`. */
export const infraClient = (password: string): Record<string, string> => ({
  'security.protocol': 'SASL_PLAINTEXT',
  'sasl.mechanism': 'SCRAM-SHA-256',
  'sasl.jaas.config': scramLogin(password),
});

/** For `--add-config-file`, which takes no brackets; `--add-config` needs them. */
export const newUserProperty = (password: string): string => `SCRAM-SHA-256=password=${password}\n`;

/** A shell script that makes users, run where the broker runs in a container: its settings say how `infra` logs in there. */
export function usersScript(security: Record<string, string>, users: Record<string, string>): string {
  const login = security['listener.name.network.plain.sasl.jaas.config'] ?? '';
  const client = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=PLAIN', `sasl.jaas.config=${login}`].join('\n');
  const alter = '/opt/kafka/bin/kafka-configs.sh --bootstrap-server kafka:19092 --command-config "$folder/client"';
  return [
    'set -e; umask 077; folder=$(mktemp -d); trap \'rm -r "$folder"\' EXIT',
    `cat > "$folder/client" <<'END'\n${client}\nEND`,
    ...Object.entries(users).map(
      ([name, password]) =>
        `cat > "$folder/user" <<'END'\n${newUserProperty(password)}END\n` +
        `${alter} --alter --entity-type users --entity-name ${name} --add-config-file "$folder/user"`,
    ),
    '',
  ].join('\n');
}
