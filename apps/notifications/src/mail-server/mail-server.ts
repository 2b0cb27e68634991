import { createTransport } from 'nodemailer';
import { whatAFailedSendMeans } from './send-failures.js';

export interface OutgoingMail {
  readonly address: string;
  readonly subject: string;
  readonly text: string;
  /** The same for every copy of a mail, so that a mail program shows copies as one. Without angle brackets. */
  readonly messageId: string;
}

export interface MailServerSettings {
  /** `smtp://user:password@host:port`; `smtps://` for TLS from the start. */
  readonly url: string;
  /** The most that sending one mail may take; after it nothing more is written to the server. Default: 10 000. */
  readonly timeoutMs?: number;
}

const FROM = { name: 'Field Guide Shop', address: 'shop@fieldguide.example' };
export const SEND_TIMEOUT_MS = 10_000;

/** The mail server, spoken to over SMTP. */
export class MailServer {
  private readonly timeoutMs: number;
  private readonly transport;

  constructor({ url, timeoutMs = SEND_TIMEOUT_MS }: MailServerSettings) {
    this.timeoutMs = timeoutMs;
    this.transport = createTransport({
      url,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
      socketCloseTimeout: 0,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /**
   * Resolves when the server has taken the mail.
   * @throws DependencyDownError where the server is away, or takes mails from nobody; it may have taken this one
   * @throws UnrecoverableError where it will never take this mail; Error where it may take it later
   */
  async send({ address, subject, text, messageId }: OutgoingMail): Promise<void> {
    // An address as an object is one address, whatever commas are in it.
    const to = { name: '', address };
    const mail = { from: FROM, to, subject, text, messageId: `<${messageId}>` };
    // Each step of SMTP has a limit of its own in nodemailer, and their sum none: this one holds for all of them.
    const signal = AbortSignal.timeout(this.timeoutMs);
    await this.transport.sendMail({ ...mail, signal }).catch((error: unknown) => {
      throw whatAFailedSendMeans(error);
    });
  }
}
