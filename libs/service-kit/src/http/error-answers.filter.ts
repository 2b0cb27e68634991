import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  HttpException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { Response } from 'express';
import { throwError } from 'rxjs';
import { DatabaseDownError } from '../database/database-errors.js';

const UNREADABLE = {
  statusCode: 400,
  message: 'The request can not be read: its body is no JSON, or its path holds a wrong % escape.',
  errors: [],
};

/** Answers that Nest's own would get wrong: they would repeat what was sent, or call an outage our mistake. */
@Catch(BadRequestException, DatabaseDownError)
export class ErrorAnswers extends BaseExceptionFilter {
  override catch(error: BadRequestException | DatabaseDownError, host: ArgumentsHost): unknown {
    // With `inheritAppConfig` the handlers' errors come by as well.
    if (host.getType() !== 'http') return throwError(() => error);
    return super.catch(error instanceof DatabaseDownError ? tryLater(host) : readable(error), host);
  }
}

/** A body that is no JSON is repeated in the parser's message: with a card number, if there was one. */
function readable(error: BadRequestException): HttpException {
  const answer = error.getResponse();
  return typeof answer === 'object' && 'errors' in answer ? error : new BadRequestException(UNREADABLE);
}

function tryLater(host: ArgumentsHost): HttpException {
  host.switchToHttp().getResponse<Response>().setHeader('Retry-After', '5');
  const message = 'The database does not answer at the moment. Try again in some seconds.';
  return new ServiceUnavailableException({ statusCode: 503, message });
}
