import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { Config } from '../config.js';
import { PriceListService } from './price-list.service.js';
import { PriceList } from './price-list.js';
import {
  Article,
  ChangePrice,
  ExpectedReplicas,
  PriceAnswer,
  PriceListAnswer,
  ReplicasAnswer,
} from './price-list.http.js';
import { ApiTryAgainResponse, ApiWrongFieldsResponse, readRequest } from '@fieldguide/service-kit';

@Controller('price-list')
export class PriceListController {
  constructor(
    private readonly list: PriceList,
    private readonly service: PriceListService,
    private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What this replica holds' })
  @ApiOkResponse({ type: PriceListAnswer })
  show(): PriceListAnswer {
    return { replica: this.config.replicaName, prices: this.list.all() };
  }

  @Get(':sku/replicas')
  @ApiOperation({ summary: 'Which revision of its price each replica holds: has a change reached them all?' })
  @ApiOkResponse({ type: ReplicasAnswer })
  @ApiQuery({ type: ExpectedReplicas })
  @ApiWrongFieldsResponse()
  @ApiTryAgainResponse('The replicas could not be asked')
  async showReplicas(@Param('sku') given: string, @Query() query: ExpectedReplicas): Promise<ReplicasAnswer> {
    const { sku } = readRequest(Article, { sku: given });
    const { expected } = readRequest(ExpectedReplicas, query);
    return { sku, ...(await this.service.revisionsOf(sku, expected)) };
  }

  @Put(':sku')
  @ApiOperation({ summary: "Gives an article a price; each replica's list follows within moments" })
  @ApiOkResponse({ type: PriceAnswer })
  @ApiWrongFieldsResponse()
  @ApiTryAgainResponse('Nobody knows whether it is stored: send it once more')
  change(@Param('sku') sku: string, @Body() body: ChangePrice): Promise<PriceAnswer> {
    const wanted = readRequest(ChangePrice, body);
    return this.service.change(readRequest(Article, { sku }).sku, wanted.price);
  }
}
