import { type ArgumentsHost, BadRequestException, Catch, type HttpException, Logger } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { Response } from 'express';
import { throwError } from 'rxjs';
import { DatabaseDownError, withoutValues } from '../database/database-errors.js';
import { TryAgainException } from './try-again.js';

const UNREADABLE = {
  statusCode: 400,
  message: 'The request can not be read: its body is no JSON, or its path holds a wrong % escape.',
  errors: [],
};

/** Answers that Nest's own would get wrong: they would repeat what was sent, or call an outage our mistake. */
@Catch(BadRequestException, DatabaseDownError, TryAgainException)
export class ErrorAnswers extends BaseExceptionFilter {
  private readonly logger = new Logger('Http');

  override catch(error: BadRequestException | DatabaseDownError | TryAgainException, host: ArgumentsHost): unknown {
    // With `inheritAppConfig` the handlers' errors come by as well.
    if (host.getType() !== 'http') return throwError(() => error);
    const answer = error instanceof DatabaseDownError ? databaseDown(error) : error;
    if (answer instanceof TryAgainException) this.tellWhen(answer, host.switchToHttp().getResponse<Response>());
    return super.catch(answer instanceof BadRequestException ? withoutBody(answer) : answer, host);
  }

  /** Nest logs no HTTP errors; why customers are sent away is worth a line. */
  private tellWhen({ message, cause, afterSeconds }: TryAgainException, response: Response): void {
    response.setHeader('Retry-After', String(afterSeconds));
    this.logger.warn(`503: ${message} Why: ${causesOf(cause).join(' ')}`);
  }
}

function causesOf(error: unknown): string[] {
  const cause = withoutValues(error);
  return cause instanceof Error ? [cause.message, ...causesOf(cause.cause)] : [];
}

/** The parser of bodies repeats one that is no JSON in its message: with a card number, if there was one. */
function withoutBody(error: BadRequestException): HttpException {
  const answer = error.getResponse();
  return typeof answer === 'object' && 'errors' in answer ? error : new BadRequestException(UNREADABLE);
}

const databaseDown = (cause: unknown): TryAgainException =>
  new TryAgainException('The database does not answer at the moment. Try again in some seconds.', 5, {}, { cause });
