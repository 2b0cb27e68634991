import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inHome, workspaceRoot } from '../../home.js';
import { InfraError } from '../../infra-error.js';
import { OwnedProcess } from '../../machine/owned-process.js';
import { until } from '../../machine/until.js';
import type { Mail } from '../part.js';
import { pageAnswers, smtpGreets } from './mail-ready.js';

const READY_WITHIN_MS = 30_000;
const LOOPBACK = ['--ip', '127.0.0.1', '--web-ip', '127.0.0.1'];
const OUTLIVES_CLIENTS = ['--require', path.join(workspaceRoot, 'docker/mail/outlive-clients.cjs')];

/** maildev: takes every mail, shows it on a page, and sends none on. Its mails outlive it. */
export class LocalMail implements Mail {
  private process: OwnedProcess | undefined;

  constructor(
    private readonly smtpPort: number,
    private readonly pagePort: number,
  ) {}

  get smtpUrl(): string {
    return `smtp://127.0.0.1:${this.smtpPort}`;
  }

  get pageUrl(): string {
    return `http://127.0.0.1:${this.pagePort}`;
  }

  get ended(): Promise<string> {
    return this.process?.ended ?? Promise.resolve('never started');
  }

  async start(): Promise<void> {
    const folder = inHome('mail', 'mails');
    mkdirSync(folder, { recursive: true });
    const ports = ['--smtp', String(this.smtpPort), '--web', String(this.pagePort)];
    this.process = await OwnedProcess.start({
      name: 'mail',
      command: process.execPath,
      args: [...OUTLIVES_CLIENTS, maildev(), ...ports, ...LOOPBACK, '--mail-directory', folder],
      env: environment(),
    });
    const check = async (): Promise<void> => {
      await smtpGreets(this.smtpUrl);
      await pageAnswers(this.pageUrl);
    };
    await until(`Mail at 127.0.0.1:${this.smtpPort}`, READY_WITHIN_MS, check, this.process);
  }

  async stop(): Promise<void> {
    await this.process?.stop('SIGTERM', 2_000);
  }
}

function maildev(): string {
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve('maildev/package.json')), 'bin/maildev');
  } catch {
    throw new InfraError('maildev is not installed: run npm ci, or start Docker, or point SMTP_URL at a mail server.');
  }
}

/** Without the variables by which maildev could be told to send mails on, or to listen elsewhere. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MAILDEV_')));
}
