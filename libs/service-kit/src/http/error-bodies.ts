import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBadRequestResponse, ApiProperty, ApiServiceUnavailableResponse } from '@nestjs/swagger';
import type { FieldError } from './read-request.js';

/** The body of an answer that is an error. */
export class ErrorBody {
  @ApiProperty({ example: 422 })
  statusCode!: number;

  @ApiProperty({ description: 'A sentence for people' })
  message!: string;
}

class WrongField implements FieldError {
  @ApiProperty({ example: 'lines.0.quantity' })
  field!: string;

  @ApiProperty()
  reason!: string;
}

class WrongFieldsBody extends ErrorBody {
  @ApiProperty({ type: [WrongField], description: 'One for each wrong field; none where the body is no JSON' })
  errors!: WrongField[];
}

/** In the API's document: 400, which names each wrong field. */
export const ApiWrongFieldsResponse = (description = 'Names each wrong field'): MethodDecorator =>
  ApiBadRequestResponse({ description, type: WrongFieldsBody });

/** In the API's document: 503 with `Retry-After`. */
export const ApiTryAgainResponse = (description: string, type: Type<ErrorBody> = ErrorBody): MethodDecorator =>
  applyDecorators(
    ApiServiceUnavailableResponse({
      description,
      type,
      headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } },
    }),
  );
