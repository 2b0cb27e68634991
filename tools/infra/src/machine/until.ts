import { setTimeout as pause } from 'node:timers/promises';
import { firstLine, InfraError } from '../infra-error.js';
import { lastLines, logFile, type OwnedProcess } from './owned-process.js';

/** Tries again until `check` does not throw. When time is up, or the process has ended, one sentence says so. */
export async function until(
  what: string,
  withinMs: number,
  check: () => Promise<unknown>,
  process?: OwnedProcess,
): Promise<void> {
  let failure: unknown = 'no answer';
  let over = false;
  const tryOn = async (): Promise<void> => {
    while (!over) {
      try {
        await check();
        return;
      } catch (error) {
        failure = error;
        await pause(50);
      }
    }
  };
  const ended = process?.ended.then(() => Promise.reject(stopped(process)));
  const alarm = within(what, withinMs, ended ? Promise.race([tryOn(), ended]) : tryOn(), () =>
    late(what, failure, process),
  );
  await alarm.finally(() => (over = true));
}

/** Waits for something that may never come. */
export function within<T>(what: string, withinMs: number, action: Promise<T>, late?: () => InfraError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_, reject) => {
    const fail = (): void => reject(late?.() ?? new InfraError(`${what} took longer than ${withinMs / 1000} s.`));
    timer = setTimeout(fail, withinMs);
  });
  return Promise.race([action, alarm]).finally(() => clearTimeout(timer));
}

function late(what: string, failure: unknown, process?: OwnedProcess): InfraError {
  const where = process ? ` See ${logFile(process.name)}.` : '';
  return new InfraError(`${what} did not answer in time: ${firstLine(failure)}.${where}`);
}

function stopped(process: OwnedProcess): InfraError {
  const lines = lastLines(process.name, 200);
  const said = lines.findLast((line) => /ERROR|FATAL|Exception|could not|Error:/.test(line)) ?? lines.at(-1) ?? '';
  return new InfraError(
    `${process.name} stopped while it was starting (${process.end}): ${said.trim()} See ${logFile(process.name)}.`,
  );
}
