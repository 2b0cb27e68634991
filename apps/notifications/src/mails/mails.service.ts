import { setTimeout } from 'node:timers/promises';
import { Once } from '@fieldguide/outbox';
import { Injectable, Logger } from '@nestjs/common';
import { MailServer, SEND_TIMEOUT_MS } from '../mail-server/mail-server.js';
import { type Mail, messageIdOf } from './mail.js';
import { type LeasedMail, type MailId, MailsRepository } from './mails.repository.js';

/** Longer than any send, so that what a lease outlives is a crash. */
const LEASE_MS = SEND_TIMEOUT_MS + 5_000;
/** How long one waits for another's send: until its lease has run out, and a little more. */
const WAIT_MS = LEASE_MS + 3_000;
const POLL_MS = 100;

/**
 * Sends one mail for each order and kind, whatever is heard twice, at once or in another order. None goes missing; one
 * goes out twice only if a crash, or an outage of the mail server, falls between its sending and its being marked as sent.
 *
 * There is no order between topics: 1. the news of a payment is recorded before the recipient is looked up; 2. the
 * recipient is recorded before the owed mails are looked up. So at least one of the two sees both.
 */
@Injectable()
export class MailsService {
  private readonly logger = new Logger('Mails');
  /** Sent, and not marked yet: a database that fails at that moment must not bring a second copy. */
  private readonly unmarked = new Set<string>();

  constructor(
    private readonly mails: MailsRepository,
    private readonly server: MailServer,
  ) {}

  /** From here on the order's customer can be reached: sends this mail, and those that have waited for the address. */
  async sendTo(address: string, mail: Mail, signal: AbortSignal): Promise<void> {
    const { orderId } = mail;
    await this.noteRecipient(address, mail);
    // One that can't be sent must not keep the others back: nothing but this event reminds of them.
    const failures: unknown[] = [];
    for (const kind of await this.mails.owed(orderId)) {
      await this.deliver({ orderId, kind }, signal).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Sends a mail to the customer of its order; keeps it where the order has not been heard of, until it is. */
  async send(mail: Mail, signal: AbortSignal): Promise<void> {
    await this.note(mail);
    if (await this.mails.knowsRecipient(mail.orderId)) await this.deliver(mail, signal);
    else this.logger.log(`Kept ${nameOf(mail)}: its order has not been heard of yet`);
  }

  @Once()
  private async noteRecipient(address: string, mail: Mail): Promise<void> {
    await this.mails.rememberRecipient(mail.orderId, address);
    await this.mails.owe(mail);
  }

  @Once()
  private async note(mail: Mail): Promise<void> {
    await this.mails.owe(mail);
  }

  /** Resolves when the mail is sent, by this handler or by another; waits while another is sending it. */
  private async deliver(mail: MailId, signal: AbortSignal): Promise<void> {
    if (this.unmarked.has(messageIdOf(mail))) return this.mark(mail);
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const leased = await this.mails.lease(mail, LEASE_MS);
      if (leased) return this.sendLeased(leased);
      if (await this.mails.isSent(mail)) return;
      if (performance.now() > deadline) throw new Error(`Others have been sending ${nameOf(mail)} for ${WAIT_MS} ms.`);
      await setTimeout(POLL_MS, undefined, { signal });
    }
  }

  private async sendLeased(leased: LeasedMail): Promise<void> {
    const { address, subject, body: text } = leased;
    const messageId = messageIdOf(leased);
    try {
      await this.server.send({ address, subject, text, messageId });
    } catch (error) {
      // Where that fails too, the lease runs out by itself; why the mail was not sent matters more.
      await this.mails.release(leased).catch(() => undefined);
      throw error;
    }
    this.unmarked.add(messageId);
    await this.mark(leased);
    this.logger.log(`Sent ${nameOf(leased)}`);
  }

  private async mark(mail: MailId): Promise<void> {
    await this.mails.markSent(mail);
    this.unmarked.delete(messageIdOf(mail));
  }
}

const nameOf = ({ orderId, kind }: MailId): string => `mail ${kind} of order ${orderId}`;
