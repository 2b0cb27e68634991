import { KafkaProgress } from '@fieldguide/kafka';
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DailySalesAnswer } from './http/daily-sales-answer.js';
import { SalesRepository } from './sales.repository.js';

@Controller('sales')
export class SalesController {
  constructor(
    private readonly sales: SalesRepository,
    private readonly progress: KafkaProgress,
  ) {}

  @Get('daily')
  @ApiOperation({
    summary: 'Orders, payments and rejections of each day',
    description: 'Days are in UTC, by the time at which it happened. Until `caughtUp`, the past is not complete.',
  })
  @ApiOkResponse({ type: DailySalesAnswer })
  async daily(): Promise<DailySalesAnswer> {
    // Asked first: what is missing in it must not be missing in sums that come with "caught up".
    const { caughtUp, left } = this.progress.report();
    const [days, takings] = await Promise.all([this.sales.daily(), this.sales.takings()]);
    return { caughtUp, ...(left !== undefined && { left }), days, takings };
  }
}
