import { randomUUID } from 'node:crypto';
import { ApiTryAgainResponse, ApiWrongFieldsResponse, BodyOf, ErrorBody } from '@fieldguide/service-kit';
import { Body, Controller, Get, Param, Post, UseInterceptors } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiUnprocessableEntityResponse,
} from '@nestjs/swagger';
import { IdempotencyKey } from './http/idempotency-key.decorator.js';
import { acceptanceOf, answerOf, OrderAnswer, UnfinishedOrderBody } from './http/order-answer.js';
import { OrderErrorAnswers } from './http/order-error-answers.interceptor.js';
import { OrderId } from './http/order-id.js';
import { OrdersService } from './orders.service.js';
import { PlaceOrder } from './http/place-order.js';

@Controller('orders')
@UseInterceptors(OrderErrorAnswers)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  @ApiOperation({
    summary: 'Places an order',
    description: 'The same key and body give the same answer, and one order.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: '1 to 200 visible characters, e.g. a UUID' })
  @ApiCreatedResponse({ type: OrderAnswer })
  @ApiWrongFieldsResponse()
  @ApiUnprocessableEntityResponse({
    description: 'An unknown article, or a key that was used with another body',
    type: ErrorBody,
  })
  @ApiTryAgainResponse(
    'Come back after Retry-After seconds; with `idempotencyKey`, where the body names one',
    UnfinishedOrderBody,
  )
  async place(
    @IdempotencyKey() key: string | undefined,
    @Body(new BodyOf(PlaceOrder)) wish: PlaceOrder,
  ): Promise<OrderAnswer> {
    return acceptanceOf(await this.orders.place(wish, key ?? randomUUID()));
  }

  @Get(':id')
  @ApiOperation({ summary: 'What became of an order' })
  @ApiOkResponse({ type: OrderAnswer })
  @ApiWrongFieldsResponse('The id is no UUID')
  @ApiNotFoundResponse({ description: 'There is no such order', type: ErrorBody })
  async find(@Param('id', new OrderId()) id: string): Promise<OrderAnswer> {
    return answerOf(await this.orders.find(id));
  }
}
