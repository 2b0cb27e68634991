import type { Replica } from '../supervisor/replica.js';
import type { Supervisor } from '../supervisor/supervisor.js';

/** Restarts the replicas whose code was built anew, those of one service one after another: it is never away. */
export class Reload {
  private running: Promise<void> | undefined;
  private again = false;
  private over = false;

  constructor(
    private readonly supervisor: Supervisor,
    private readonly say: (line: string) => void,
  ) {}

  /** Called after each compilation; one that comes while replicas restart is looked at afterwards. */
  async compiled(errors: number): Promise<void> {
    if (errors > 0) return this.say(`${errors} ${errors === 1 ? 'error' : 'errors'}: nothing is restarted.`);
    this.again = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  /** The shop closes: what was begun is not gone on with, and nothing more is said. */
  end(): void {
    this.over = true;
  }

  private async run(): Promise<void> {
    while (this.again && !this.over) {
      this.again = false;
      const outdated = this.supervisor.services.filter(isOutdated);
      const services = [...new Set(outdated.map(({ plan }) => plan.service))];
      await Promise.all(
        services.map((service) => this.restart(outdated.filter(({ plan }) => plan.service === service))),
      );
    }
  }

  private async restart(replicas: readonly Replica[]): Promise<void> {
    for (const [index, replica] of replicas.entries()) {
      if (this.over) return;
      try {
        this.say(`restarting ${replica.name}: its code was built anew`);
        await this.supervisor.restart(replica.name);
      } catch (error) {
        if (this.over) return;
        this.say(error instanceof Error ? error.message : String(error));
        const left = replicas.slice(index + 1).filter(({ running }) => running);
        if (left.length > 0) this.say(`${left.map(({ name }) => name).join(', ')} keep running the build before it.`);
        return;
      }
    }
  }
}

/** Whoever was stopped, killed or paused on purpose is left so. */
const isOutdated = ({ status: { state }, startedFrom, plan }: Replica): boolean =>
  ['starting', 'ready', 'crashed'].includes(state) && startedFrom !== plan.build();
