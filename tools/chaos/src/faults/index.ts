import type { KindName } from '../schedule/kinds.js';
import { clock } from './clock.js';
import { broker, database, leader, mail } from './infrastructure.js';
import type { Injector } from './injector.js';
import { freeze, kill, rebalance, term } from './processes.js';
import { providerDown, providerFailing, providerSilent, providerSlow } from './provider.js';
import { duplicates, oldRecords } from './records.js';
import { relay } from './relay.js';

export const INJECTORS: Readonly<Record<KindName, Injector>> = {
  kill,
  pause: freeze,
  term,
  rebalance,
  'relay-kill': relay,
  'broker-kill': broker,
  'leader-kill': leader,
  'database-stop': database,
  'provider-slow': providerSlow,
  'provider-failing': providerFailing,
  'provider-silent': providerSilent,
  'provider-down': providerDown,
  'mail-down': mail,
  duplicates,
  'old-records': oldRecords,
  clock,
};
