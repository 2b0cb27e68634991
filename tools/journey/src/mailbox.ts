import { ask } from './http.js';

export interface Mail {
  id: string;
  subject: string;
}

/** What arrives for one customer from now on, as maildev tells it. */
export class Mailbox {
  private readonly seen = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly customer: string,
  ) {}

  static async open(url: string, customer: string): Promise<Mailbox> {
    const mailbox = new Mailbox(url, customer);
    await mailbox.next();
    return mailbox;
  }

  /** The mails that have come since it was asked last. */
  async next(): Promise<Mail[]> {
    const query = new URLSearchParams({ 'to.address': this.customer }).toString();
    const { body } = await ask('The mail server', `${this.url}/email?${query}`, {
      signal: AbortSignal.timeout(2_000),
    });
    const fresh = (body as Mail[]).filter(({ id }) => !this.seen.has(id));
    for (const { id } of fresh) this.seen.add(id);
    return fresh.map(({ id, subject }) => ({ id, subject }));
  }
}
