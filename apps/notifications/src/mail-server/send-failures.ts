import { DependencyDownError, UnrecoverableError } from '@fieldguide/kafka';

/** What nodemailer says of a failure, beside a message that repeats addresses and the server's own words. */
interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
  readonly command?: string;
}

/** About this mail only: the server has taken its sender, and objects to what came after it. */
const ABOUT_THE_MAIL = ['EENVELOPE', 'EMESSAGE'];
/** The server closes: 421 may be the answer to any command. */
const CLOSING = 421;

/** The error of a failed send, as its event's handling should see it. Its message holds no address. */
export function whatAFailedSendMeans(error: unknown): Error {
  const { code = 'UNKNOWN', responseCode, command } = error as SmtpFailure;
  const answer = responseCode === undefined ? code : `${responseCode} to ${command ?? code}`;
  if (!isAboutTheMail(error as SmtpFailure)) {
    return new DependencyDownError('the mail server', { message: `The mail server takes no mails (${answer}).` });
  }
  if (responseCode !== undefined && responseCode < 500)
    return new Error(`The mail server refuses a mail for now (${answer}).`);
  return new UnrecoverableError(`The mail server refuses a mail for good (${answer}).`, { code: 'MAIL_REFUSED' });
}

const isAboutTheMail = ({ code = '', responseCode, command }: SmtpFailure): boolean =>
  ABOUT_THE_MAIL.includes(code) && responseCode !== CLOSING && command !== 'MAIL FROM';
