import { kafkaLogin } from '@fieldguide/infra';
import { connectShop } from './control/connect-shop.js';

/** For programs of the library: where the shop's broker is, and how one logs in there. */
export function shopVariables(): Record<string, string> {
  const { kafka } = connectShop().system;
  const { mechanism, username, password } = kafkaLogin() ?? {};
  if (!mechanism || !username || !password) return { KAFKA_BROKERS: kafka };
  return {
    KAFKA_BROKERS: kafka,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  };
}
